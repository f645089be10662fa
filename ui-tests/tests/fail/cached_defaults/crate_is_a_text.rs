hydracache::cached_defaults! { ttl = "1h", crate = "hydracache" }

fn main() {}
