use hydracache::cached;

#[cached(idle = std::time::Duration::from_secs(30))]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
