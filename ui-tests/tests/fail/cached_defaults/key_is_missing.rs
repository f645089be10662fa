hydracache::cached_defaults! { "1h" }

fn main() {}
