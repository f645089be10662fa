use hydracache::cached;

#[cached(tags = ["users", |value| value.to_string()])]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
