hydracache::cached_defaults! { ttl = "0s" }

fn main() {}
