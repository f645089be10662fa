//! Values of the program are derived, nested, and shared behind an `Arc`.

#![deny(warnings)]

use std::collections::BTreeMap;
use std::sync::Arc;

use hydracache::cached;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
    friends: Vec<u64>,
}

#[cached]
async fn user(id: u64) -> User {
    User { id, friends: vec![id + 1] }
}

#[cached]
async fn all(ids: &[u64]) -> Result<BTreeMap<u64, User>, String> {
    let mut all = BTreeMap::new();
    for &id in ids {
        all.insert(id, user(id).await);
    }
    Ok(all)
}

#[cached(memory_only)]
async fn shared(id: u64) -> Option<Arc<User>> {
    Some(Arc::new(user(id).await))
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((all(&[1, 2]).await, all(&[1, 2]).await.map(|all| all.len())), (all(&[1, 2]).await, Ok(2)));
    assert_eq!((user::stats().loads, all::stats().loads), (2, 1));
    let (one, two) = (shared(1).await, shared(1).await);
    assert!(one.zip(two).is_some_and(|(one, two)| Arc::ptr_eq(&one, &two)));
    assert_eq!(user::stats().loads, 2);
}
