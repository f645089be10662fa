//! The shapes of functions that `#[cached]` works on; each is called twice and runs once.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hydracache::{HydraCache, KeySegment, LoadError, Runtime, cached};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::support::{isolated, isolated_sync};

type Fallible<T> = Result<T, String>;

/// Counts the runs of one body.
macro_rules! runs {
    ($name:ident) => {
        static $name: AtomicU32 = AtomicU32::new(0);
    };
}

fn run(counter: &AtomicU32) -> u32 {
    counter.fetch_add(1, Ordering::SeqCst) + 1
}

runs!(SYNC);
#[cached(name = "shapes.sync")]
fn sync(a: u32, b: &str) -> String {
    run(&SYNC);
    format!("{a}{b}")
}

#[test]
fn a_sync_function_is_cached_outside_of_any_async_runtime() {
    isolated_sync(|| {
        assert_eq!(sync(1, "x"), "1x");
        assert_eq!(sync(1, "x"), "1x");
        assert_eq!(sync(1, "y"), "1y");
        assert_eq!(SYNC.load(Ordering::SeqCst), 2);
        assert_eq!(sync::key(1, "x").as_str(), "shapes.sync@0:1:x");
        assert_eq!(sync::uncached(2, "z"), "2z");
        assert_eq!(sync::refresh(1, "x"), "1x");
        assert_eq!(SYNC.load(Ordering::SeqCst), 4);
    });
}

runs!(ALIAS);
#[cached(name = "shapes.alias", skip(fail))]
async fn alias(id: u8, fail: bool) -> Fallible<u32> {
    let n = run(&ALIAS);
    if fail { Err(format!("failed in run {n}")) } else { Ok(n + u32::from(id)) }
}

#[tokio::test]
async fn an_alias_of_result_is_seen_through_and_errors_are_not_stored() {
    isolated(async {
        assert_eq!(alias(10, true).await, Err("failed in run 1".to_owned()));
        assert_eq!(alias(10, false).await, Ok(12));
        assert_eq!(alias(10, true).await, Ok(12));
    })
    .await;
}

runs!(OPTION);
#[cached(name = "shapes.option")]
async fn option(id: u8) -> Option<u32> {
    (id > 0).then(|| run(&OPTION)).or_else(|| {
        run(&OPTION);
        None
    })
}

#[tokio::test]
async fn none_is_a_value() {
    isolated(async {
        assert_eq!(option(0).await, None);
        assert_eq!(option(0).await, None);
        assert_eq!(OPTION.load(Ordering::SeqCst), 1);
        assert_eq!(option::peek(0), Some(None));
        assert_eq!(option::peek(1), None);
    })
    .await;
}

#[derive(Clone)]
struct Repo {
    tenant: u32,
    runs: Arc<AtomicU32>,
}

impl Repo {
    fn new(tenant: u32) -> Self {
        Self { tenant, runs: Arc::default() }
    }

    #[cached(name = "shapes.repo.by_template", key = "{self.tenant}:{id}", tags = ["tenant:{self.tenant}"])]
    async fn by_template(&self, id: u64) -> Result<String, String> {
        let n = self.runs.fetch_add(1, Ordering::SeqCst);
        Ok(format!("{}/{id}/{n}", self.tenant))
    }

    #[cached(name = "shapes.repo.by_receiver", receiver = self.tenant)]
    pub(crate) async fn by_receiver(&self, id: u64, names: &[&str]) -> usize {
        self.runs.fetch_add(1, Ordering::SeqCst);
        usize::try_from(id).unwrap() + names.len()
    }

    #[cached(name = "shapes.repo.shared", receiver = skip)]
    fn shared(&self, id: u64) -> u32 {
        u32::try_from(id).unwrap() + self.tenant + self.runs.fetch_add(1, Ordering::SeqCst)
    }

    #[cached(name = "shapes.repo.arc", key = (self.tenant, id))]
    async fn owned(self: Arc<Self>, id: u64) -> Vec<u64> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        vec![id]
    }
}

#[tokio::test]
async fn methods_are_told_apart_by_their_receivers_as_they_say() {
    isolated(async {
        let (one, two) = (Repo::new(1), Repo::new(2));
        assert_eq!(one.by_template(5).await, Ok("1/5/0".to_owned()));
        assert_eq!(one.by_template(5).await, Ok("1/5/0".to_owned()));
        assert_eq!(two.by_template(5).await, Ok("2/5/0".to_owned()));
        assert_eq!(one.by_receiver(1, &["a", "b"]).await, 3);
        assert_eq!(one.by_receiver(1, &["a", "b"]).await, 3);
        assert_eq!(two.by_receiver(1, &["a"]).await, 2);
        assert_eq!((one.runs.load(Ordering::SeqCst), two.runs.load(Ordering::SeqCst)), (2, 2));
        assert_eq!(one.shared(7), 10);
        assert_eq!(two.shared(7), 10);
        let three = Arc::new(Repo::new(3));
        assert_eq!(Arc::clone(&three).owned(9).await, [9]);
        assert_eq!(Arc::clone(&three).owned(9).await, [9]);
        assert_eq!(three.runs.load(Ordering::SeqCst), 1);
        Runtime::current().default_cache().invalidate_tag("tenant:1").fire();
        assert_eq!(one.by_template(5).await, Ok("1/5/3".to_owned()));
    })
    .await;
}

struct Generic<T> {
    value: T,
}

impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Generic<T> {
    #[cached(name = "shapes.generic_impl", receiver = skip, key = "{name}")]
    async fn get(&self, name: &str) -> Result<T, String> {
        let _ = name;
        Ok(self.value.clone())
    }
}

#[tokio::test]
async fn a_method_of_a_generic_impl_is_cached() {
    isolated(async {
        assert_eq!(Generic { value: 7_u8 }.get("a").await, Ok(7));
        assert_eq!(Generic { value: 9_u8 }.get("a").await, Ok(7));
    })
    .await;
}

runs!(GENERIC);
#[cached(name = "shapes.generic", key = "{id}")]
async fn generic<T, const N: usize>(id: u64, make: impl Fn(u64) -> T) -> Result<Vec<T>, String>
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    run(&GENERIC);
    Ok((0..N).map(|_| make(id)).collect())
}

#[tokio::test]
async fn the_instantiations_of_a_generic_function_do_not_share_entries() {
    isolated(async {
        assert_eq!(generic::<_, 2>(1, |id| id).await, Ok(vec![1, 1]));
        assert_eq!(generic::<_, 2>(1, |_| 99_u64).await, Ok(vec![1, 1]));
        assert_eq!(generic::<_, 3>(1, |id| id).await, Ok(vec![1, 1, 1]));
        assert_eq!(generic::<_, 2>(1, |id| id.to_string()).await, Ok(vec!["1".to_owned(); 2]));
        assert_eq!(GENERIC.load(Ordering::SeqCst), 3);
        assert_eq!(generic::peek::<u64, 2>(1), Some(vec![1, 1]));
    })
    .await;
}

struct Point {
    x: i32,
    y: i32,
}

runs!(PATTERN);
#[cached(name = "shapes.pattern", key = "{a}:{y}", tags = ["x:{x}"])]
async fn pattern((a, mut b): (u8, u8), Point { x, y }: Point, mut extra: u32) -> String {
    run(&PATTERN);
    b += 1;
    extra += 1;
    format!("{a} {b} {x} {y} {extra}")
}

#[tokio::test]
async fn patterns_in_arguments_can_be_named_in_keys_and_tags() {
    isolated(async {
        assert_eq!(pattern((1, 2), Point { x: 3, y: 4 }, 5).await, "1 3 3 4 6");
        assert_eq!(pattern((1, 0), Point { x: 3, y: 4 }, 0).await, "1 3 3 4 6");
        Runtime::current().default_cache().invalidate_tag("x:3").fire();
        assert_eq!(pattern((1, 0), Point { x: 3, y: 4 }, 0).await, "1 1 3 4 1");
        assert_eq!(pattern::key((1, 0), Point { x: 0, y: 4 }).as_str(), "shapes.pattern@0:1:4");
    })
    .await;
}

runs!(BORROWED);
#[cached(name = "shapes.impl_trait", key = "{id}")]
async fn impl_trait<'a>(names: &'a [String], id: impl KeySegment + Display + Copy) -> usize {
    run(&BORROWED);
    names.len() + id.to_string().len()
}

#[tokio::test]
async fn borrowed_and_impl_trait_arguments_are_taken() {
    isolated(async {
        let names = vec!["a".to_owned()];
        assert_eq!(impl_trait(&names, 10_u8).await, 3);
        assert_eq!(impl_trait(&[], 10_u8).await, 3);
        assert_eq!(BORROWED.load(Ordering::SeqCst), 1);
    })
    .await;
}

#[derive(Clone)]
struct NoSerde(Arc<str>);

runs!(MEMORY);
#[cached(name = "shapes.memory", memory_only, cache = "side", version = 3, handle = memory_handle)]
fn memory(text: &str) -> NoSerde {
    run(&MEMORY);
    NoSerde(text.into())
}

#[test]
fn a_memory_only_value_needs_no_serde() {
    isolated_sync(|| {
        let (first, second) = (memory("a"), memory("a"));
        assert!(Arc::ptr_eq(&first.0, &second.0));
        assert_eq!(MEMORY.load(Ordering::SeqCst), 1);
        assert_eq!(memory_handle::key("a").as_str(), "shapes.memory@3:a");
        assert_eq!(Runtime::current().cache("side").unwrap().stats().hits, 1);
        assert_eq!(Runtime::current().default_cache().stats().hits, 0);
    });
}

runs!(CHOSEN);
#[cached(name = "shapes.chosen", cache = cache, key = "{id}", handle = none, crate = hydracache)]
async fn chosen(cache: &HydraCache, id: u32) -> Result<u32, std::num::ParseIntError> {
    Ok(run(&CHOSEN) + id)
}

#[tokio::test]
async fn a_cache_can_be_an_expression_of_the_arguments() {
    isolated(async {
        let (one, two) = (HydraCache::local().build(), HydraCache::local().build());
        assert_eq!(chosen(&one, 0).await, Ok(1));
        assert_eq!(chosen(&one, 0).await, Ok(1));
        assert_eq!(chosen(&two, 0).await, Ok(2));
    })
    .await;
}

runs!(LATE);
#[cached(
    name = "shapes.late",
    tags = |team| team.iter().map(|name| format!("member:{name}")),
    ttl = |team| std::time::Duration::from_secs(team.len() as u64 * 60),
    weight = |team| u32::try_from(team.len()).unwrap_or(u32::MAX)
)]
async fn late(id: u32) -> Vec<String> {
    vec![format!("ada-{id}"), run(&LATE).to_string()]
}

#[tokio::test]
async fn tags_and_times_can_come_from_the_value() {
    isolated(async {
        let first = late(1).await;
        assert_eq!(late(1).await, first);
        Runtime::current().default_cache().invalidate_tag("member:ada-1").fire();
        assert_ne!(late(1).await, first);
    })
    .await;
}

/// An error that cannot be cloned and takes what the cache has to say.
#[derive(Debug)]
struct Carried(String);

impl From<LoadError> for Carried {
    fn from(error: LoadError) -> Self {
        Self(error.to_string())
    }
}

impl Display for Carried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cached(name = "shapes.recursive")]
fn recursive(n: u64) -> Result<u64, Carried> {
    if n == 0 { recursive(0) } else { Ok(n + recursive(n - 1)?) }
}

#[cached(name = "shapes.fibonacci")]
fn fibonacci(n: u64) -> u64 {
    if n < 2 { n } else { fibonacci(n - 1) + fibonacci(n - 2) }
}

#[test]
fn recursion_is_memoized_and_a_load_that_waits_for_itself_is_an_error() {
    isolated_sync(|| {
        assert_eq!(fibonacci(80), 23_416_728_348_467_685);
        assert_eq!(fibonacci::stats().loads, 81);
        let error = recursive(1).unwrap_err();
        assert!(error.0.contains("`shapes.recursive@0:0` -> `shapes.recursive@0:0`"), "{}", error.0);
    });
}

#[cached(name = "shapes.endless", key = "one")]
fn endless() -> u64 {
    endless()
}

#[test]
#[should_panic(expected = "a load waits for itself")]
fn where_the_type_has_no_room_for_it_a_load_that_waits_for_itself_panics() {
    isolated_sync(endless);
}

#[cached(name = "shapes.unit")]
async fn unit() {}

/// # Safety
///
/// None is needed.
#[cached(name = "shapes.unsafe")]
unsafe fn not_safe(n: u8) -> u8 {
    n
}

#[tokio::test]
async fn functions_without_value_and_unsafe_ones_are_taken() {
    isolated(async {
        unit().await;
        unit().await;
        assert_eq!(unit::stats().hits, 1);
        #[expect(unsafe_code, reason = "the shape is the point")]
        // SAFETY: the function asks for nothing.
        let n = unsafe { not_safe(4) };
        assert_eq!(n, 4);
    })
    .await;
}

#[tokio::test]
async fn an_item_inside_a_function_is_cached() {
    #[cached(name = "shapes.local")]
    async fn local(n: u8) -> u8 {
        n
    }
    isolated(async {
        local(1).await;
        assert_eq!(local::fetch(1).await.source, hydracache::Source::Hit);
    })
    .await;
}

mod exported {
    #[hydracache::cached(name = "shapes.exported")]
    pub(crate) async fn exported(n: u8) -> u8 {
        n
    }
}
use exported::exported as renamed;

#[tokio::test]
async fn one_import_brings_the_function_and_its_handle() {
    isolated(async {
        assert_eq!(renamed(1).await, 1);
        assert_eq!(renamed::peek(1), Some(1));
        renamed::clear().fire();
        assert_eq!(renamed::peek(1), None);
        renamed::put(1, 5).fire();
        assert_eq!(renamed(1).await, 5);
        assert!(renamed::expire(1).local().unwrap());
        assert_eq!(renamed(1).await, 1);
    })
    .await;
}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[tokio::test]
async fn the_future_of_a_function_is_send_when_its_body_is() {
    isolated(async {
        is_send(alias(1, false)).await.unwrap();
        is_send(Repo::new(1).by_template(1)).await.unwrap();
    })
    .await;
}
