hydracache::cached_defaults! { ttl = "1h" cache = "reports" }

fn main() {}
