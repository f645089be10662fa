//! Errors say what was read, and are never cached.

use std::time::Duration;

use hydracache_db::{DbError, DbErrorKind, RefreshPolicy};

use crate::kit::user::by_id;
use crate::kit::{Adapter, Suite};

/// An error of the read of the first user says which read it was.
fn is_of_ada(error: &DbError, kind: DbErrorKind) {
    assert_eq!(error.kind(), kind, "{error:?}");
    assert_eq!(
        (error.operation(), error.entity(), error.key()),
        ("load-user", Some("user"), Some("db:user:1"))
    );
    assert!(std::error::Error::source(error).is_some(), "the driver's own error is kept: {error:?}");
}

pub(crate) async fn an_error_of_the_database_is_told_and_not_cached<A: Adapter>(suite: Suite<A>) {
    let read = || suite.of(1).with_name("load-user");
    let refused = "select id, name, version from nothing";
    is_of_ada(&suite.adapter.one(read(), refused).await.unwrap_err(), DbErrorKind::Query);
    is_of_ada(&suite.adapter.optional(read(), refused).await.unwrap_err(), DbErrorKind::Query);
    let error = suite.adapter.all(suite.users.collection("users"), refused).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.entity(), error.key()),
        (DbErrorKind::Query, Some("users"), Some("db:users"))
    );
    assert!(!suite.is_cached(1).await);
    assert_eq!(suite.name(1).await, "Ada");
    assert_eq!(suite.names().await.len(), 3);
}

pub(crate) async fn a_row_that_does_not_fit_is_told_and_not_cached<A: Adapter>(suite: Suite<A>) {
    let without = "select id, name from users where id = 1";
    let read = || suite.of(1).with_name("load-user");
    is_of_ada(&suite.adapter.one(read(), without).await.unwrap_err(), DbErrorKind::Mapping);
    is_of_ada(&suite.adapter.optional(read(), without).await.unwrap_err(), DbErrorKind::Mapping);
    let error = suite.adapter.all(suite.users.collection("users"), without).await.unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::Mapping);
    assert!(!suite.is_cached(1).await);
    assert_eq!(suite.name(1).await, "Ada");
}

pub(crate) async fn a_pool_without_a_free_connection_is_told_and_nothing_is_cached<A: Adapter>(
    suite: Suite<A>,
) {
    let narrow = suite.narrow(Some(Duration::from_millis(100))).await;
    let held = narrow.hold().await;
    let error = narrow.optional(suite.of(1).with_name("load-user"), &by_id(1)).await.unwrap_err();
    is_of_ada(&error, DbErrorKind::PoolExhausted);
    assert!(error.kind().is_transient());
    assert!(!suite.is_cached(1).await);
    // What is cached needs no connection.
    assert_eq!(suite.name(2).await, "Grace");
    assert_eq!(narrow.one(suite.of(2), &by_id(2)).await.unwrap().name, "Grace");
    drop(held);
    assert_eq!(narrow.one(suite.of(1), &by_id(1)).await.unwrap().name, "Ada");
}

pub(crate) async fn an_old_row_stands_in_while_the_database_fails<A: Adapter>(suite: Suite<A>) {
    let hour = Duration::from_secs(3600);
    let lenient = RefreshPolicy::new().stale_on_loader_error(hour);
    let read = async || suite.adapter.one(suite.of(1).ttl(hour).refresh_policy(lenient), &by_id(1)).await;
    assert_eq!(read().await.unwrap().name, "Ada");
    suite.outside().run("alter table users rename to gone").await;
    suite.users.cache().expire_key("db:user:1").await.unwrap();
    assert_eq!(read().await.unwrap().name, "Ada", "it has expired, and there is nothing newer");
    assert!(suite.users.cache().stats().stale_on_error_served > 0);
    // One that was not told so is told of the error.
    let strict = suite.adapter.one(suite.of(1), &by_id(1)).await.unwrap_err();
    assert_eq!(strict.kind(), DbErrorKind::Query);
    // What was invalidated never stands in.
    suite.users.invalidate_entity::<crate::kit::user::User>(1).await.unwrap();
    assert_eq!(read().await.unwrap_err().kind(), DbErrorKind::Query);
    suite.outside().run("alter table gone rename to users").await;
    suite.outside().rename(1, "Augusta").await;
    assert_eq!(read().await.unwrap().name, "Augusta");
}
