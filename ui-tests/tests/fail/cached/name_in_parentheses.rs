use hydracache::cached;

#[cached(name("users.get"))]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
