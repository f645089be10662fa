use hydracache::cached;

#[derive(Clone, serde::Serialize)]
struct User {
    id: u64,
}

#[cached]
fn f(id: u64) -> Option<User> {
    Some(User { id })
}

fn main() {}
