use hydracache::cached;

#[cached(tags = |value| [*value])]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
