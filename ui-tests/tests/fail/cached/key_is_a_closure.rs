use hydracache::cached;

#[cached(key = |id| id)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
