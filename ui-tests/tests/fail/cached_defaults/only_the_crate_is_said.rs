hydracache::cached_defaults! { crate = hydracache }

fn main() {}
