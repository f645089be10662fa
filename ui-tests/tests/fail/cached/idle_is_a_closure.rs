use hydracache::cached;

#[cached(idle = |value| value.idle)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
