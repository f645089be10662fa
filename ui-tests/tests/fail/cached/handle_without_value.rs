use hydracache::cached;

#[cached(handle)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
