hydracache::cached_defaults! { ttl = "for long" }

fn main() {}
