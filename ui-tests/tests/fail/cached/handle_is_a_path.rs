use hydracache::cached;

#[cached(handle = users::f)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
