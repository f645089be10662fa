hydracache::cached_defaults! { ttl = "1h", ttl = "2h" }

fn main() {}
