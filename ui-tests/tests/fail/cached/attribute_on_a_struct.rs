use hydracache::cached;

#[cached]
pub struct User {
    id: u64,
}

fn g(user: User) -> u64 {
    user.id
}

fn main() {}
