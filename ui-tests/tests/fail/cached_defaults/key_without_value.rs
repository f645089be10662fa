hydracache::cached_defaults! { ttl }

fn main() {}
