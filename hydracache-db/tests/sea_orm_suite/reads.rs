//! Reads by closures.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hydracache_db::sea_orm::{DbErrorKind, SeaOrmQueryExt, sea_orm};
use sea_orm::{DatabaseConnection, DbErr, EntityTrait, QueryOrder};

use tokio::sync::Notify;

use super::Place;
use super::entities::{Users, users};

async fn name_of(db: DatabaseConnection, id: i64) -> Result<String, DbErr> {
    let found = Users::find_by_id(id).one(&db).await?;
    found.map(|user| user.name).ok_or_else(|| DbErr::RecordNotFound(format!("user {id}")))
}

pub(crate) async fn a_result_is_loaded_until_its_tag_its_entity_or_its_collection_is_invalidated(
    place: Place,
) {
    let (db, cache) = (&place.db, &place.cache);
    let name = || {
        let read = cache.entity::<String>("user", 42).collection_tag("users").tag("tenant:7");
        let db = db.clone();
        async move { read.sea_one(|| name_of(db, 42)).await.unwrap() }
    };
    assert_eq!(name().await, "Ada");
    place.rename(42, "Byron").await;
    assert_eq!(name().await, "Ada", "it is a hit");
    cache.invalidate_entity_named("user", 42).await.unwrap();
    assert_eq!(name().await, "Byron");
    place.rename(42, "Lovelace").await;
    cache.invalidate_entity_named("user", 43).await.unwrap();
    assert_eq!(name().await, "Byron", "another user was meant");
    cache.invalidate_collection("users").await.unwrap();
    assert_eq!(name().await, "Lovelace");
    place.rename(42, "Ada").await;
    cache.invalidate_tag("tenant:7").await.unwrap();
    assert_eq!(name().await, "Ada");
    place.rename(42, "Byron").await;
    assert!(cache.invalidate_key("user:42").await.unwrap());
    assert_eq!(name().await, "Byron");
}

pub(crate) async fn none_and_empty_lists_are_results(place: Place) {
    let (db, cache) = (&place.db, &place.cache);
    let user = || {
        let db = db.clone();
        let read = cache.entity::<users::Model>("user", 7);
        async move { read.sea_optional(|| async move { Users::find_by_id(7).one(&db).await }).await.unwrap() }
    };
    let users = || {
        let db = db.clone();
        let read = cache.collection::<users::Model>("users");
        let load = || async move { Users::find().order_by_asc(users::Column::Id).all(&db).await };
        async move { read.sea_all(load).await.unwrap() }
    };
    place.run("delete from users").await;
    assert_eq!(user().await, None);
    assert_eq!(users().await, []);
    place.run("insert into users (id, name) values (7, 'Bond')").await;
    assert_eq!(user().await, None, "that there was none is a hit");
    assert_eq!(users().await, [], "that there were none is a hit");
    cache.clear().await.unwrap();
    assert_eq!(user().await.unwrap().name, "Bond");
    assert_eq!(users().await.len(), 1);
}

pub(crate) async fn errors_are_not_cached_and_say_what_was_read(place: Place) {
    let (db, cache) = (&place.db, &place.cache);
    let read = || cache.entity::<String>("user", 7).with_name("load-user");
    let error = read().sea_one(|| name_of(db.clone(), 7)).await.unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::NotFound);
    assert!(matches!(error.downcast_ref(), Some(DbErr::RecordNotFound(_))));
    assert_eq!(
        (error.operation(), error.entity(), error.key()),
        ("load-user", Some("user"), Some("db:user:7"))
    );
    place.run("insert into users (id, name) values (7, 'Bond')").await;
    assert_eq!(read().sea_one(|| name_of(db.clone(), 7)).await.unwrap(), "Bond");
    let unkeyed = cache.cached::<String>().sea_one(|| name_of(db.clone(), 7)).await.unwrap_err();
    assert_eq!(unkeyed.kind(), DbErrorKind::NoKey);
    let closed = cache.entity::<String>("user", 8);
    place.db.clone().close().await.unwrap();
    let error = closed.sea_one(|| name_of(db.clone(), 8)).await.unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::PoolExhausted);
    assert!(error.kind().is_transient());
}

pub(crate) async fn callers_share_one_load_which_goes_on_without_them(place: Place) {
    let loads = Arc::new(AtomicU32::new(0));
    let (begun, gate) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let read = || {
        let (read, db) = (place.cache.entity::<String>("user", 42), place.db.clone());
        let (loads, begun, gate) = (Arc::clone(&loads), Arc::clone(&begun), Arc::clone(&gate));
        read.sea_one(move || async move {
            loads.fetch_add(1, Ordering::SeqCst);
            begun.notify_one();
            gate.notified().await;
            name_of(db, 42).await
        })
    };
    let callers: Vec<_> = (0..20).map(|_| tokio::spawn(read())).collect();
    begun.notified().await;
    // Whoever began it among them.
    callers.iter().for_each(tokio::task::JoinHandle::abort);
    for caller in callers {
        assert!(caller.await.is_err_and(|error| error.is_cancelled()));
    }
    gate.notify_one();
    assert_eq!(read().await.unwrap(), "Ada");
    assert_eq!(loads.load(Ordering::SeqCst), 1);
}
