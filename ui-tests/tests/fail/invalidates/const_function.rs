use hydracache::invalidates;

#[invalidates(tags = ["users"])]
const fn save(id: u64) -> u64 {
    id
}

fn main() {}
