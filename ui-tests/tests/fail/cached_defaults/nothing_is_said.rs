hydracache::cached_defaults! {}

fn main() {}
