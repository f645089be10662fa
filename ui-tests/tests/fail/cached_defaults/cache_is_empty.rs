hydracache::cached_defaults! { cache = "" }

fn main() {}
