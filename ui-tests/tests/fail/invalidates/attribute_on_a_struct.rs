use hydracache::invalidates;

#[invalidates(tags = ["users"])]
struct User;

fn main() {}
