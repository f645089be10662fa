use hydracache::cached;

#[cached(idle = 30)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
