use hydracache::cached;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User(u64);

#[cached(ttl = "5m", stale_on_error = "1h")]
async fn f(id: u64) -> User {
    User(id)
}

fn main() {}
