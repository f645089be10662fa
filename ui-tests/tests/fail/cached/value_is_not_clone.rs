use hydracache::cached;

#[derive(serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cached]
fn f(id: u64) -> User {
    User { id }
}

fn main() {}
