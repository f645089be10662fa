use hydracache::cached;

#[cached(skip(user.id))]
fn f(user: User) -> u64 {
    user.id
}

struct User {
    id: u64,
}

fn main() {}
