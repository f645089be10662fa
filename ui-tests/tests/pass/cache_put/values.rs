//! What is stored: what the function returns, an argument, a part of the outcome.

#![deny(warnings)]

use hydracache::{cache_put, cached};

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
    name: String,
}

struct Receipt {
    user: User,
}

#[cached(key = "{id}", tags = ["region:{region}"])]
async fn get(_db: &str, id: u64, region: &str) -> Result<User, String> {
    Ok(User { id, name: region.to_owned() })
}

#[cached]
fn names() -> Vec<String> {
    Vec::new()
}

#[cache_put(get(id, "eu"))]
async fn rename(id: u64, name: &str) -> Result<User, String> {
    if name.is_empty() {
        return Err("empty".to_owned());
    }
    Ok(User { id, name: name.parse().map_err(|_| "never")? })
}

#[cache_put(get(user.id, "eu") = user)]
async fn save(user: &User) -> Result<(), String> {
    let _ = user;
    Ok(())
}

#[cache_put(get(user.id, "eu") = user)]
fn take(user: User) -> Result<User, String> {
    Ok(user)
}

#[cache_put(get(id, "eu") = result.user)]
#[cache_put(names() = vec![result.user.name.clone()],)]
fn receipt(id: u64) -> Result<Receipt, String> {
    Ok(Receipt { user: User { id, name: "r".to_owned() } })
}

#[cache_put(names() = Vec::new())]
fn clear() {}

#[cache_put(names(), returns = "plain")]
fn generic<T: ToString>(name: T) -> Vec<String> {
    vec![name.to_string()]
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let stored = |id| get::peek(id).map(|user| user.name);
    assert_eq!((rename(1, "a").await.unwrap().name, stored(1)), ("a".to_owned(), Some("a".to_owned())));
    assert!(rename(1, "").await.is_err());
    let user = User { id: 2, name: "b".to_owned() };
    save(&user).await.unwrap();
    assert_eq!(stored(2), Some("b".to_owned()));
    assert_eq!(take(User { id: 3, ..user }).unwrap().id, 3);
    assert_eq!(receipt(4).unwrap().user.name, "r");
    assert_eq!((stored(3), stored(4), names()), (Some("b".into()), Some("r".into()), vec!["r".into()]));
    clear();
    assert_eq!(names(), Vec::<String>::new());
    assert_eq!(generic(5), names());
}
