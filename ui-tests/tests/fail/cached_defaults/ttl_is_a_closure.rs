hydracache::cached_defaults! { ttl = |value| value.ttl }

fn main() {}
