use hydracache::cached;

#[cached(when = |id| id > 0)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
