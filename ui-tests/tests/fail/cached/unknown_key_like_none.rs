use hydracache::cached;

#[cached(colour = "red")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
