use hydracache::cached;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cached(returns = "result")]
fn f(id: u64) -> User {
    User { id }
}

fn main() {}
