use hydracache::cached;

#[cached(ttl = async |value| std::time::Duration::from_secs(*value))]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
