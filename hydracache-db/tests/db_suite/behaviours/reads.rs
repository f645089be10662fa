//! What is read once is not read again, whatever it was.

use hydracache_db::DbErrorKind;

use crate::kit::suite::left_out;
use crate::kit::user::{User, by_id};
use crate::kit::{Adapter, End, Suite, Write};

pub(crate) async fn a_row_is_read_once<A: Adapter>(suite: Suite<A>) {
    let ada = User { id: 1, name: "Ada".to_owned(), version: 1 };
    assert_eq!(suite.user(1).await.as_ref(), Some(&ada));
    suite.outside().rename(1, "Augusta").await;
    assert_eq!(suite.user(1).await.as_ref(), Some(&ada), "nobody said that it has changed");
    assert_eq!(suite.adapter.one(suite.of(1), &by_id(1)).await.unwrap(), ada);
    assert_eq!(suite.adapter.rows_read(), 1);
    let stats = suite.users.cache().stats();
    assert_eq!((stats.misses, stats.hits, stats.loads), (1, 2, 1));
}

pub(crate) async fn a_row_that_does_not_exist_is_remembered_until_it_does<A: Adapter>(suite: Suite<A>) {
    assert_eq!(suite.user(9).await, None);
    let insert = "insert into users values (9, 'Joan', 1)";
    suite.outside().run(insert).await;
    assert_eq!(suite.user(9).await, None, "nobody said that it is there");
    suite.outside().run("delete from users where id = 9").await;
    suite.transact(Write::default().sql(insert).user(9), End::Commit).await.unwrap();
    assert_eq!(suite.name(9).await, "Joan");
}

pub(crate) async fn a_row_that_is_needed_and_is_not_there_is_not_remembered<A: Adapter>(suite: Suite<A>) {
    let needed = async || suite.adapter.one(suite.of(9).with_name("load-user"), &by_id(9)).await;
    let error = needed().await.unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::NotFound);
    assert_eq!(
        (error.operation(), error.entity(), error.key()),
        ("load-user", Some("user"), Some("db:user:9"))
    );
    assert_eq!(suite.user(9).await, None);
    suite.outside().run("insert into users values (9, 'Joan', 1)").await;
    assert_eq!(
        needed().await.unwrap().name,
        "Joan",
        "that there is none was remembered for those who allow it"
    );
    assert_eq!(suite.name(9).await, "Joan");
}

pub(crate) async fn an_empty_list_is_remembered_until_it_is_none<A: Adapter>(suite: Suite<A>) {
    let called_joan = async || {
        let sql = "select id, name, version from users where name = 'Joan'";
        let read = suite.users.cached::<User>().key("called-joan").collection_tag("users");
        suite.adapter.all(read, sql).await.unwrap().len()
    };
    assert_eq!(called_joan().await, 0);
    suite.outside().run("insert into users values (8, 'Joan', 1)").await;
    assert_eq!(called_joan().await, 0);
    suite.users.invalidate_collection("users").await.unwrap();
    assert_eq!(called_joan().await, 1);
}

pub(crate) async fn a_read_on_a_connection_shares_what_is_cached<A: Adapter>(suite: Suite<A>) {
    if !A::READS_ON_CONNECTIONS {
        return left_out("the adapter has no reads on connections");
    }
    let on_connection = async |id| {
        let found = suite.adapter.on_connection(suite.of(id), &by_id(id)).await.unwrap();
        found.map(|user| user.name)
    };
    assert_eq!(on_connection(1).await.as_deref(), Some("Ada"));
    assert_eq!(suite.name(2).await, "Grace");
    assert_eq!(on_connection(9).await, None);
    suite.outside().run("update users set name = 'x'").await;
    suite.outside().run("insert into users values (9, 'x', 1)").await;
    assert_eq!(suite.name(1).await, "Ada");
    assert_eq!(on_connection(2).await.as_deref(), Some("Grace"));
    assert_eq!(on_connection(9).await, None);
    assert_eq!(suite.adapter.rows_read(), 2);
}
