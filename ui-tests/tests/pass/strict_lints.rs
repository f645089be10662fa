//! The expansion causes no lint, however strict the crate is.

#![forbid(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    dead_code,
    non_camel_case_types,
    unused_imports,
    unused_mut
)]
#![deny(warnings, unused, nonstandard_style, clippy::pedantic)]

use hydracache::cached;

/// Doubles.
#[cached]
pub fn public(id: u64) -> u64 {
    id * 2
}

#[cached]
pub(crate) async fn of_the_crate(id: u64) -> Result<u64, String> {
    Ok(id * 2)
}

#[cached(skip(unused_by_the_body))]
fn private(id: u64, unused_by_the_body: &str) -> Option<u64> {
    let _ = unused_by_the_body;
    Some(id * 2)
}

/// What is public is documented.
pub mod users {
    /// A user.
    #[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
    pub struct User(pub u64);

    /// Finds users.
    #[derive(Debug, Clone, Copy)]
    pub struct Users;

    impl Users {
        /// Gets one.
        #[hydracache::cached(name = "users.get", receiver = skip, tags = ["user:{id}"], ttl = "5m")]
        pub async fn get(&self, id: u64) -> Result<User, String> {
            Ok(User(id))
        }

        #[hydracache::cached(name = "users.count", receiver = skip)]
        pub(super) fn count(self) -> u64 {
            7
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(public(1), public(1));
    assert_eq!(public::stats().loads, 1);
    assert_eq!(of_the_crate(1).await, of_the_crate(1).await);
    assert_eq!(private(1, ""), private(1, "other"));
    assert_eq!(users::Users.get(1).await.map(|user| user.0), Ok(1));
    assert_eq!(users::Users.count(), 7);
}
