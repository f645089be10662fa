hydracache::cached_defaults! { ttl = 60 }

fn main() {}
