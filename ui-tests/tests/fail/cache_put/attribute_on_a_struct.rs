use hydracache::cache_put;

#[cache_put(get_user(1))]
struct User;

fn main() {}
