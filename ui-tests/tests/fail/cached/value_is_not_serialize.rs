use hydracache::cached;

#[derive(Clone, serde::Deserialize)]
struct User {
    id: u64,
}

#[cached]
async fn f(id: u64) -> Result<User, String> {
    Ok(User { id })
}

fn main() {}
