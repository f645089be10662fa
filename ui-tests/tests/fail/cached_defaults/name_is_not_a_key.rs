hydracache::cached_defaults! { name = "reports" }

fn main() {}
