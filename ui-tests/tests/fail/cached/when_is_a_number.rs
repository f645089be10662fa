use hydracache::cached;

#[cached(when = id)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
