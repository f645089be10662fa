use hydracache::invalidates;

#[invalidates()]
fn save(id: u64) -> u64 {
    id
}

fn main() {}
