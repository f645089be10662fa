use hydracache::cached;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User(u64);

#[cached(load_timeout = "5s")]
async fn f(id: u64) -> User {
    User(id)
}

fn main() {}
