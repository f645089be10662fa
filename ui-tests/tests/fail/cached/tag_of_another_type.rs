use hydracache::cached;

#[cached(tags = ["users", id])]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
