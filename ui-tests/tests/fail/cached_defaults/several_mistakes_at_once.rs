hydracache::cached_defaults! { ttl = "for long", cahce = "reports", cache = 7 }

fn main() {}
