use hydracache::cached;

#[cached(memory_only = true)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
