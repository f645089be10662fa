use hydracache::cached;

#[cached(key = "user:{user.nmae}")]
fn f(user: &User) -> u64 {
    user.id
}

struct User {
    id: u64,
}

fn main() {}
