use hydracache::cached;

#[cached(tags = ["users", 5])]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
