//! Reads by SeaORM's own queries.

use std::time::Duration;

use hydracache_db::QueryCachePolicy;
use hydracache_db::sea_orm::{DbErrorKind, SeaOrmQueryExt, SeaOrmSelect, sea_orm};
use sea_orm::{
    ColumnTrait, DbErr, DerivePartialModel, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::{Deserialize, Serialize};

use super::Place;
use super::entities::{Members, Posts, Users, posts, users};

impl Place {
    async fn user(&self, id: i64) -> Option<String> {
        let read = Users::find_by_id(id).cached(&self.cache);
        read.one(&self.db).await.unwrap().map(|user| user.name)
    }

    async fn named(&self, name: &str) -> Vec<i64> {
        let read = Users::find().filter(users::Column::Name.eq(name)).cached(&self.cache);
        read.all(&self.db).await.unwrap().into_iter().map(|user| user.id).collect()
    }
}

pub(crate) async fn a_row_is_read_once_until_it_is_invalidated(place: Place) {
    assert_eq!(place.user(42).await.as_deref(), Some("Ada"));
    assert_eq!(place.user(43).await.as_deref(), Some("Grace"));
    assert_eq!(place.user(7).await, None);
    place.rename(42, "Byron").await;
    place.rename(43, "Hopper").await;
    place.run("insert into users (id, name) values (7, 'Bond')").await;
    assert_eq!(place.user(42).await.as_deref(), Some("Ada"), "it is a hit");
    assert_eq!(place.user(7).await, None, "that there is none is a hit");
    place.cache.invalidate_row::<Users>(42).await.unwrap();
    assert_eq!(place.user(42).await.as_deref(), Some("Byron"));
    assert_eq!(place.user(43).await.as_deref(), Some("Grace"), "another row was meant");
    place.cache.invalidate_entity_named("users", 7).await.unwrap();
    assert_eq!(place.user(7).await.as_deref(), Some("Bond"));
    place.cache.invalidate_collection("users").await.unwrap();
    assert_eq!(place.user(43).await.as_deref(), Some("Hopper"));
}

pub(crate) async fn queries_that_differ_have_entries_of_their_own(place: Place) {
    assert_eq!(place.named("Ada").await, [42]);
    assert_eq!(place.named("Grace").await, [43]);
    assert!(place.named("Nobody").await.is_empty());
    let all = || Users::find().order_by_asc(users::Column::Id);
    let (up, down) = (all(), Users::find().order_by_desc(users::Column::Id));
    assert_eq!(up.cached(&place.cache).all(&place.db).await.unwrap()[0].id, 42);
    assert_eq!(down.cached(&place.cache).all(&place.db).await.unwrap()[0].id, 43);
    assert_eq!(all().limit(1).cached(&place.cache).all(&place.db).await.unwrap().len(), 1);
    // The same text and values as the one before, and a row instead of a list.
    assert_eq!(all().cached(&place.cache).one(&place.db).await.unwrap().unwrap().id, 42);
    assert_eq!(all().offset(1).cached(&place.cache).one(&place.db).await.unwrap().unwrap().id, 43);
    place.run("delete from users").await;
    assert_eq!(place.named("Ada").await, [42], "it is a hit");
    assert_eq!(place.named("Grace").await, [43], "it is a hit");
    assert_eq!(all().cached(&place.cache).all(&place.db).await.unwrap().len(), 2, "it is a hit");
}

pub(crate) async fn lists_are_made_invalid_by_every_write_of_the_table(place: Place) {
    assert_eq!(place.named("Ada").await, [42]);
    let first_grace = || Users::find().filter(users::Column::Name.eq("Grace")).cached(&place.cache);
    assert_eq!(first_grace().one(&place.db).await.unwrap().unwrap().id, 43);
    place.run("insert into users (id, name) values (1, 'Ada')").await;
    place.rename(43, "Hopper").await;
    assert_eq!(place.named("Ada").await, [42], "it is a hit");
    place.cache.invalidate_row::<Users>(1).await.unwrap();
    assert_eq!(place.named("Ada").await.len(), 2);
    assert_eq!(first_grace().one(&place.db).await.unwrap(), None, "a row that was searched for may be any");
    // With more than the id, it is a search.
    let absent = || Users::find_by_id(5).filter(users::Column::Name.eq("Eve")).cached(&place.cache);
    assert_eq!(absent().one(&place.db).await.unwrap(), None);
    place.run("insert into users (id, name) values (5, 'Eve')").await;
    place.cache.invalidate_row::<Users>(1).await.unwrap();
    assert!(absent().one(&place.db).await.unwrap().is_some());
}

pub(crate) async fn a_row_with_a_key_of_two_columns_is_known_by_both(place: Place) {
    let role = |user: i64| {
        let read = Members::find_by_id((1, user)).cached(&place.cache).one(&place.db);
        async move { read.await.unwrap().unwrap().role }
    };
    assert_eq!((role(42).await.as_str(), role(43).await.as_str()), ("lead", "admiral"));
    place.run("update members set role = 'none'").await;
    place.cache.invalidate_row::<Members>((1, 42)).await.unwrap();
    assert_eq!((role(42).await.as_str(), role(43).await.as_str()), ("none", "admiral"));
    place.cache.invalidate_entity_named("members", (1, 43)).await.unwrap();
    assert_eq!(role(43).await, "none");
}

#[derive(Clone, Debug, PartialEq, FromQueryResult, Serialize, Deserialize)]
struct Named {
    name: String,
}

#[derive(Clone, Debug, PartialEq, DerivePartialModel, Serialize, Deserialize)]
#[sea_orm(entity = "Users")]
struct Part {
    name: String,
}

pub(crate) async fn rows_can_be_something_else_than_models(place: Place) {
    let of = |id: i64| Users::find_by_id(id).cached(&place.cache);
    let named = of(42).into_model::<Named>().one(&place.db).await.unwrap();
    assert_eq!(named, Some(Named { name: "Ada".into() }));
    let part = of(42).into_partial_model::<Part>().one(&place.db).await.unwrap();
    assert_eq!(part, Some(Part { name: "Ada".into() }));
    let tuples = || {
        let read = Users::find().order_by_asc(users::Column::Id).cached(&place.cache);
        read.into_tuple::<(i64, String)>().all(&place.db)
    };
    assert_eq!(tuples().await.unwrap(), [(42, "Ada".to_owned()), (43, "Grace".to_owned())]);
    assert_eq!(place.user(42).await.as_deref(), Some("Ada"), "the same statement, another type of row");
    place.run("delete from users").await;
    assert_eq!(of(42).into_model::<Named>().one(&place.db).await.unwrap(), named, "it is a hit");
    assert_eq!(tuples().await.unwrap().len(), 2, "it is a hit");
    place.cache.invalidate_row::<Users>(42).await.unwrap();
    assert_eq!(of(42).into_model::<Named>().one(&place.db).await.unwrap(), None);
    assert_eq!(of(42).into_partial_model::<Part>().one(&place.db).await.unwrap(), None);
    assert_eq!(tuples().await.unwrap(), []);
}

pub(crate) async fn two_tables_are_read_at_once(place: Place) {
    let read = || Posts::find().find_also_related(Users).cached(&place.cache).all(&place.db);
    let (post, user) = read().await.unwrap().remove(0);
    assert_eq!((post.title.as_str(), user.unwrap().name.as_str()), ("Notes", "Ada"));
    let both = || Posts::find().find_both_related(Users).cached(&place.cache).one(&place.db);
    assert_eq!(both().await.unwrap().unwrap().1.name, "Ada");
    place.rename(42, "Byron").await;
    place.run("update posts set title = 'Letters'").await;
    assert_eq!(read().await.unwrap()[0].0.title, "Notes", "it is a hit");
    place.cache.invalidate_row::<Users>(42).await.unwrap();
    assert_eq!(read().await.unwrap()[0].1.as_ref().unwrap().name, "Byron");
    assert_eq!(both().await.unwrap().unwrap().1.name, "Byron");
    place.run("update posts set title = 'Poems'").await;
    place.cache.invalidate_row::<Posts>(1).await.unwrap();
    assert_eq!(read().await.unwrap()[0].0.title, "Poems");
}

pub(crate) async fn entities_name_their_own_tags(place: Place) {
    let of = |id: i64| Users::find_by_id(id).cached(&place.cache).tagged_by::<users::Model>();
    let all = || Users::find().cached(&place.cache).tagged_by::<users::Model>().all(&place.db);
    let by_name = || {
        let read = Users::find().filter(users::Column::Id.eq(42_i64)).cached(&place.cache);
        read.tagged_by::<users::Model>().one(&place.db)
    };
    assert_eq!(of(7).one(&place.db).await.unwrap(), None);
    assert_eq!(of(43).one(&place.db).await.unwrap().unwrap().name, "Grace");
    assert_eq!(by_name().await.unwrap().unwrap().name, "Ada");
    assert_eq!(all().await.unwrap().len(), 2);
    place.run("insert into users (id, name) values (7, 'Bond')").await;
    place.rename(43, "Hopper").await;
    place.cache.invalidate_entity::<users::Model>(7).await.unwrap();
    assert_eq!(of(7).one(&place.db).await.unwrap().unwrap().name, "Bond");
    assert_eq!(of(43).one(&place.db).await.unwrap().unwrap().name, "Grace", "another entity was meant");
    assert_eq!(all().await.unwrap().len(), 3);
    place.rename(42, "Byron").await;
    place.cache.invalidate_entity_named("person", 42).await.unwrap();
    assert_eq!(by_name().await.unwrap().unwrap().name, "Byron", "the row says whose it is");
    place.cache.invalidate_collection("people").await.unwrap();
    assert_eq!(of(43).one(&place.db).await.unwrap().unwrap().name, "Hopper");
}

pub(crate) async fn what_is_said_of_a_read_goes_before_its_own(place: Place) {
    let policy = QueryCachePolicy::short_lived().key("first-user").tag("front-page");
    let read = || Users::find_by_id(42).cached_with(&place.cache, policy.clone()).ttl(Duration::from_secs(5));
    assert_eq!(read().one(&place.db).await.unwrap().unwrap().name, "Ada");
    assert!(place.cache.cache().contains_key("db:first-user").await);
    place.rename(42, "Byron").await;
    assert_eq!(read().one(&place.db).await.unwrap().unwrap().name, "Ada", "it is a hit");
    place.cache.invalidate_tag("front-page").await.unwrap();
    assert_eq!(read().one(&place.db).await.unwrap().unwrap().name, "Byron");
    place.cache.invalidate_row::<Users>(42).await.unwrap();
    assert!(!place.cache.cache().contains_key("db:first-user").await, "the table's tags are there as well");
    // One entry for both forms.
    let read = Users::find_by_id(42).cached(&place.cache).entity("user", 42);
    assert_eq!(read.one(&place.db).await.unwrap().unwrap().name, "Byron");
    let user = place.cache.entity::<users::Model>("user", 42);
    let found = user.sea_optional(|| async { Err::<Option<users::Model>, _>(DbErr::Custom("asked".into())) });
    assert_eq!(found.await.unwrap().unwrap().name, "Byron");
}

pub(crate) async fn a_row_that_must_exist_is_not_believed_to_be_missing(place: Place) {
    let read = || Users::find_by_id(7).cached(&place.cache);
    let error = read().require_one(&place.db).await.unwrap_err();
    assert_eq!((error.kind(), error.entity()), (DbErrorKind::NotFound, Some("users")));
    assert!(matches!(error.downcast_ref(), Some(DbErr::RecordNotFound(_))));
    assert_eq!(read().one(&place.db).await.unwrap(), None);
    place.run("insert into users (id, name) values (7, 'Bond')").await;
    assert_eq!(read().one(&place.db).await.unwrap(), None, "that there was none is a hit");
    assert_eq!(read().require_one(&place.db).await.unwrap().name, "Bond");
    assert_eq!(read().one(&place.db).await.unwrap().unwrap().name, "Bond");
}

pub(crate) async fn errors_of_queries_have_their_kind(place: Place) {
    let mapped = Users::find().cached(&place.cache).with_name("pairs").into_tuple::<(String, bool)>();
    let error = mapped.all(&place.db).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (DbErrorKind::Mapping, "pairs"), "{error:?}");
    place.run("drop table posts").await;
    let error = Posts::find().cached(&place.cache).all(&place.db).await.unwrap_err();
    assert_eq!((error.kind(), error.operation(), error.entity()), (DbErrorKind::Query, "all", Some("posts")));
    assert!(error.key().is_some_and(|key| key.starts_with("db:posts:select:")));
    assert!(error.downcast_ref::<DbErr>().is_some());
    place.run("create table posts (id bigint, user_id bigint, title varchar(100))").await;
    let posts: Vec<posts::Model> = Posts::find().cached(&place.cache).all(&place.db).await.unwrap();
    assert_eq!(posts, [], "the error was not remembered");
    place.db.clone().close().await.unwrap();
    let error = Users::find().cached(&place.cache).all(&place.db).await.unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::PoolExhausted);
}
