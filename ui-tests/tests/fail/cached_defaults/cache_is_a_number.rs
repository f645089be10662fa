hydracache::cached_defaults! { cache = 7 }

fn main() {}
