use hydracache::cached;

#[cached(ttl = "5m", stale_on_error = "1h")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
