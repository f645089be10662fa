//! An annotated function, from its attribute to a typed hit.

use std::sync::atomic::{AtomicU32, Ordering};

use hydracache::{Runtime, Source};

use crate::support::isolated;

static RUNS: AtomicU32 = AtomicU32::new(0);

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct User {
    id: u64,
    name: String,
}

#[derive(Debug)]
pub(crate) struct Missing;

/// Loads a user.
#[hydracache::cached(name = "thin.user", key = "user:{id}", tags = ["users", "user:{id}"], ttl = "5m")]
pub(crate) async fn user(prefix: &str, id: u64) -> Result<User, Missing> {
    RUNS.fetch_add(1, Ordering::SeqCst);
    if id == 0 {
        return Err(Missing);
    }
    Ok(User { id, name: format!("{prefix}-{id}") })
}

#[tokio::test]
async fn an_annotated_function_serves_its_second_call_from_the_cache() {
    isolated(async {
        let first = user("ada", 1).await.unwrap();
        let second = user("ignored, the key says only the id", 1).await.unwrap();
        assert_eq!(first, second);
        assert_eq!(RUNS.load(Ordering::SeqCst), 1);
        assert_eq!(user::fetch("x", 1).await.unwrap().source, Source::Hit);
        assert_eq!(user::peek(1), Some(first));
        assert!(user("x", 0).await.is_err());
        assert_eq!(user::NAME, "thin.user");
        assert_eq!(user::key(1).as_str(), "thin.user@0:user:1");
        assert_eq!(user::stats().hits, 2);
        assert!(user::invalidate(1).await.unwrap());
        assert_eq!(user("bob", 1).await.unwrap().name, "bob-1");
        let runtime = Runtime::current();
        let site = runtime.registry().function("thin.user").unwrap();
        assert_eq!(site.key_template(), "user:{id}");
        assert_eq!(site.tag_templates(), ["users", "user:{id}"]);
    })
    .await;
}
