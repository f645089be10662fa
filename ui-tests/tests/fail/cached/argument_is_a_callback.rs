use hydracache::cached;

#[cached]
fn f(id: u64, make: impl Fn(u64) -> u64) -> u64 {
    make(id)
}

fn main() {}
