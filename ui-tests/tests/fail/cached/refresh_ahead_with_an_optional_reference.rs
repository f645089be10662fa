use hydracache::cached;

#[cached(ttl = "5m", refresh_ahead = "1m")]
fn f(name: Option<&str>) -> u64 {
    name.map_or(0, |name| name.len() as u64)
}

fn main() {}
