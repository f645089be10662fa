use hydracache::cached;

#[cached(name = "a" "b")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
