use hydracache::cached;

struct User {
    id: u64,
}

#[cached(memory_only)]
async fn f(id: u64) -> Result<User, String> {
    Ok(User { id })
}

fn main() {}
