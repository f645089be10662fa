hydracache::cached_defaults! { cahce = "reports" }

fn main() {}
