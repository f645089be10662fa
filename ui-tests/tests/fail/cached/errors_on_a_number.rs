use hydracache::cached;

#[cached(errors = "5s")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
