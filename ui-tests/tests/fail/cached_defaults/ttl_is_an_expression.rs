hydracache::cached_defaults! { ttl = std::time::Duration::from_secs(60) }

fn main() {}
