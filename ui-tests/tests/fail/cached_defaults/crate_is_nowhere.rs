hydracache::cached_defaults! { ttl = "1h", crate = nowhere }

fn main() {}
