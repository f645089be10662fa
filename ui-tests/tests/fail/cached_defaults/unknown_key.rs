hydracache::cached_defaults! { tags = ["reports"] }

fn main() {}
