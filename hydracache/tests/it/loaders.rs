//! Functions that are called by their name.

use std::fmt;
use std::sync::Arc;

use futures_util::{FutureExt, poll};
use hydracache::{Error, ErrorKind, HydraCache, Registry, Runtime, cached, cached_impl};

use crate::support::{Desk, Down};

#[cached(name = "loaders.find", key = "{id}", loader)]
async fn find(desk: &Desk, id: u64) -> Result<String, Down> {
    desk.load(&[id]).await?;
    Ok(format!("found {id}"))
}

#[cached(name = "loaders.pair", loader)]
async fn pair(name: String, id: u64) -> String {
    format!("{name} {id}")
}

#[cached(name = "loaders.blocking", loader)]
fn blocking(id: u64) -> String {
    format!("{} {id}", Runtime::current().default_cache().name())
}

#[cached(name = "loaders.scoped", loader)]
async fn scoped(id: u64) -> String {
    tokio::task::yield_now().await;
    format!("{} {id}", Runtime::current().default_cache().name())
}

#[cached(name = "loaders.versioned", loader, version = 2)]
fn versioned(id: u64) -> u64 {
    id * 2
}

#[derive(Debug, Clone, PartialEq)]
struct Broken(u64);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {} is broken", self.0)
    }
}

impl std::error::Error for Broken {}

#[cached(name = "loaders.failing", loader)]
async fn failing(id: u64) -> Result<u64, Broken> {
    Err(Broken(id))
}

/// An error that can be shown and is none of the standard library's.
struct Shown;

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is shown")
    }
}

#[cached(name = "loaders.shown", loader)]
fn shown(id: u64) -> Result<u64, Shown> {
    if id == 0 { Ok(id) } else { Err(Shown) }
}

#[cached(name = "loaders.untold", loader)]
fn untold(id: u64) -> Result<u64, Down> {
    if id == 0 { Ok(id) } else { Err(Down) }
}

struct Tenant(u64);

#[cached_impl(name = "loaders.tenant")]
impl Tenant {
    #[cached(receiver = self.0, loader)]
    async fn name(&self, id: u64) -> String {
        format!("{}/{id}", self.0)
    }
}

fn runtime(name: &str, desk: &Desk) -> Runtime {
    let cache = HydraCache::local().name(name).build();
    let side = HydraCache::local().name("side").build();
    let builder = Runtime::builder().cache(cache).named("side", side);
    builder.provide(Arc::new(desk.clone())).provide(Arc::new(Tenant(7))).build().unwrap()
}

#[track_caller]
fn assert_says<T: fmt::Debug>(result: Result<T, Error>, kind: ErrorKind, pieces: &[&str]) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    for piece in pieces {
        assert!(error.to_string().contains(piece), "`{piece}` is missing in: {error}");
    }
}

#[tokio::test]
async fn a_call_by_name_and_a_direct_call_share_one_load() {
    let desk = Desk::closed();
    let runtime = runtime("main", &desk);
    let registry = runtime.registry();
    let in_scope = runtime.clone();
    in_scope
        .scope(async {
            for direct_first in [true, false] {
                let id = u64::from(direct_first);
                let mut direct = Box::pin(find(&desk, id));
                let mut by_name = Box::pin(registry.load::<String>("loaders.find", id));
                if direct_first {
                    assert!(poll!(direct.as_mut()).is_pending());
                }
                assert!(poll!(by_name.as_mut()).is_pending());
                assert!(poll!(direct.as_mut()).is_pending());
                desk.open(1);
                let both = futures_util::join!(by_name, direct);
                assert_eq!(
                    (both.0.unwrap(), both.1.unwrap()),
                    (format!("found {id}"), format!("found {id}"))
                );
            }
            assert_eq!(desk.loads(), 2);
            assert_eq!(registry.load::<String>("loaders.find", 1_u64).await.unwrap(), "found 1");
            assert_eq!(desk.loads(), 2, "a hit");
        })
        .await;
}

#[tokio::test]
async fn a_call_by_name_uses_the_runtime_of_its_registry() {
    let (one, other) = (runtime("one", &Desk::default()), runtime("other", &Desk::default()));
    for (name, function) in [("loaders.scoped", true), ("loaders.blocking", false)] {
        // The scope around the call is another one.
        let load = |runtime: &Runtime| {
            let registry = runtime.registry();
            other.scope(async move { registry.load::<String>(name, 1_u64).await.unwrap() })
        };
        assert_eq!(load(&one).await, "one 1");
        assert_eq!(load(&other).await, "other 1");
        let peeked = |runtime: &Runtime| {
            runtime.sync_scope(|| if function { scoped::peek(1) } else { blocking::peek(1) })
        };
        assert_eq!(
            (peeked(&one).unwrap(), peeked(&other).unwrap()),
            ("one 1".to_owned(), "other 1".to_owned())
        );
    }
    let of_the_scope =
        one.scope(async { Registry::of_this_program().load::<String>("loaders.scoped", 2_u64).await });
    assert_eq!(of_the_scope.await.unwrap(), "one 2");
}

#[test]
fn a_blocking_loader_needs_no_executor() {
    let runtime = runtime("main", &Desk::default());
    let value = runtime.registry().load::<String>("loaders.blocking", 1_u64).now_or_never().unwrap();
    assert_eq!(value.unwrap(), "main 1");
}

#[tokio::test]
async fn arguments_travel_in_their_order() {
    let runtime = runtime("main", &Desk::default());
    let value: String = runtime.registry().load("loaders.pair", ("ada", 7_u64)).await.unwrap();
    assert_eq!(value, "ada 7");
    let loader = runtime.registry().loader("loaders.pair").unwrap();
    assert_eq!((loader.arguments(), loader.needs().len()), (&["name", "id"][..], 0));
    let value: String = runtime.registry().load("loaders.tenant.name", 3_u64).await.unwrap();
    assert_eq!(value, "7/3");
}

#[tokio::test]
async fn a_name_without_a_loader_is_told_with_those_that_there_are() {
    let runtime = runtime("main", &Desk::default());
    let refused = runtime.registry().load::<u64>("loaders.fnid", 1_u64).await;
    let known = ["`loaders.fnid`", "`loaders.find` (version 0)", "`loaders.versioned` (version 2)"];
    assert_says(refused, ErrorKind::NoLoader, &known);
}

#[tokio::test]
async fn a_loader_of_another_version_is_not_called() {
    let runtime = runtime("main", &Desk::default());
    let registry = runtime.registry();
    assert_eq!(registry.load::<u64>("loaders.versioned", 4_u64).await.unwrap(), 8);
    let argument = [4_u8];
    assert_eq!(&registry.load_encoded("loaders.versioned", 2, &argument).await.unwrap()[..], [8]);
    let refused = registry.load_encoded("loaders.versioned", 1, &argument).await;
    assert_says(refused, ErrorKind::NoLoader, &["version 1", "`loaders.versioned` (version 2)"]);
}

#[tokio::test]
async fn arguments_of_other_types_are_refused_by_name() {
    let runtime = runtime("main", &Desk::default());
    let registry = runtime.registry();
    let missing = registry.load::<String>("loaders.pair", "ada").await;
    assert_says(missing, ErrorKind::Decode, &["`loaders.pair`", "the argument `id`", "`u64`"]);
    let left_over = registry.load::<String>("loaders.pair", ("ada", 7_u64, 8_u8)).await;
    assert_says(left_over, ErrorKind::Decode, &["`loaders.pair`", "1 bytes are left over"]);
    let no_text = registry.load_encoded("loaders.pair", 0, &[1, 0xff, 1]).await;
    assert_says(no_text, ErrorKind::Decode, &["the argument `name`", "String"]);
    assert_eq!(runtime.sync_scope(pair::stats).loads, 0);
}

#[tokio::test]
async fn a_value_of_another_type_is_refused() {
    let runtime = runtime("main", &Desk::default());
    let refused = runtime.registry().load::<u64>("loaders.pair", ("ada", 7_u64)).await;
    assert_says(refused, ErrorKind::Decode, &["`loaders.pair`", "the value"]);
}

#[tokio::test]
async fn an_instance_that_is_not_provided_is_named() {
    let runtime = Runtime::builder().named("side", HydraCache::local().build()).build().unwrap();
    let registry = runtime.registry();
    let refused = registry.load::<String>("loaders.find", 1_u64).await;
    assert_says(refused, ErrorKind::Configuration, &["`loaders.find`", "Desk", ".provide("]);
    let refused = registry.load::<String>("loaders.tenant.name", 1_u64).await;
    assert_says(refused, ErrorKind::Configuration, &["`loaders.tenant.name`", "Tenant"]);
}

#[tokio::test]
async fn the_error_of_the_function_is_the_source() {
    let runtime = runtime("main", &Desk::default());
    let registry = runtime.registry();
    let error = registry.load::<u64>("loaders.failing", 3_u64).await.unwrap_err();
    assert_eq!((error.kind(), error.downcast_ref::<Broken>()), (ErrorKind::Load, Some(&Broken(3))));
    let error = registry.load::<u64>("loaders.shown", 3_u64).await.unwrap_err();
    assert_eq!(error.load_error().unwrap().to_string(), "it is shown");
    let error = registry.load::<u64>("loaders.untold", 3_u64).await.unwrap_err();
    let text = error.load_error().unwrap().to_string();
    assert!(text.contains("Down") && text.contains("no text"), "{text}");
}

#[tokio::test]
async fn a_load_by_name_of_a_function_that_borrows_ends_with_its_caller() {
    let desk = Desk::closed();
    let runtime = runtime("main", &desk);
    let registry = runtime.registry();
    let mut call = Box::pin(registry.load::<String>("loaders.find", 9_u64));
    assert!(poll!(call.as_mut()).is_pending());
    drop(call);
    // The function itself takes a reference, so its load ends with the caller.
    let mut again = Box::pin(registry.load::<String>("loaders.find", 9_u64));
    assert!(poll!(again.as_mut()).is_pending());
    desk.open(1);
    assert_eq!(again.await.unwrap(), "found 9");
    assert_eq!(desk.loads(), 2);
}
