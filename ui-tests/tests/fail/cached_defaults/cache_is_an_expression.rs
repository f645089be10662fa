hydracache::cached_defaults! { cache = REPORTS }

fn main() {}
