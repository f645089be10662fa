use hydracache::cached;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User(u64);

fn copy(error: &String) -> String {
    error.clone()
}

#[cached(share_error = copy)]
async fn f(id: u64) -> User {
    User(id)
}

fn main() {}
