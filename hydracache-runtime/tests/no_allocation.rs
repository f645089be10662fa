//! A hit allocates nothing, whichever way it is read, however long its key is, with and without a time to live.
//!
//! Allocations are counted per thread, so neither the sweeper nor the test harness is in the figures. Futures are
//! polled once by hand: a hit has nothing to wait for, and no executor is in the figures either.

#![allow(clippy::unwrap_used, reason = "this is a test")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use hydracache_runtime::macro_support::{
    Access, Facts, Lookup, Settings, Submitted, ValueOnly, inventory, lookup, put,
};
use hydracache_runtime::{CacheChoice, CacheOptions, CallSite, Eviction, HydraCache, Runtime, TypedCache};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, counting what each thread asks it for.
struct Counting;

fn count() {
    // A thread that is ending has nothing to count with any more, and nobody asks it.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
}

#[expect(
    unsafe_code,
    reason = "an allocator cannot be counted otherwise; each call goes to `System` as it came"
)]
// SAFETY: every method hands its arguments to `System` unchanged and returns what it returns.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, and the pointer came from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `realloc`, and the pointer came from `System`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A text whose clone shares it.
#[derive(Debug, Clone, PartialEq)]
struct Shared(Arc<str>);

impl Serialize for Shared {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Shared {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(text.into()))
    }
}

static SITE: CallSite = CallSite::new(Facts {
    name: "a.hit",
    version: 0,
    cache: CacheChoice::Default,
    key: "{id}",
    tags: &["one", "two"],
    ttl: None,
    arguments: &["id"],
    value_type: Some(std::any::type_name::<u64>),
    is_async: true,
    memory_only: false,
    has_weight: false,
    refresh: hydracache_runtime::RefreshOptions::new(),
    settings: &[],
    package: "no-allocation",
    module: module_path!(),
    file: file!(),
    line: line!(),
});

inventory::submit! { Submitted(&SITE) }

const HITS: u64 = 1_000;
const WARM_UP: usize = 2_000;

/// How many allocations `HITS` calls make on this thread, once everything that is made once was made.
fn allocations(mut hit: impl FnMut() -> bool) -> u64 {
    for _ in 0..WARM_UP {
        assert!(hit(), "this is to be a hit");
    }
    let before = ALLOCATIONS.get();
    let mut all = true;
    for _ in 0..HITS {
        all &= black_box(hit());
    }
    let counted = ALLOCATIONS.get() - before;
    assert!(all, "this was to be a hit");
    counted
}

/// The result of a call that has nothing to wait for.
fn now<F: Future>(call: F) -> F::Output {
    call.now_or_never().unwrap()
}

/// The ways to read one entry, by name.
fn ways(runtime: &Runtime, key: &str, options: &CacheOptions) -> Vec<(&'static str, u64)> {
    let cache = runtime.default_cache();
    let (number, text) = (format!("n{}", &key[1..]), format!("t{}", &key[1..]));
    let view: TypedCache<u64> = cache.typed("v");
    cache.put(&number, 7_u64, options.clone()).local().unwrap();
    cache.put(&text, Shared("text".into()), options.clone()).local().unwrap();
    view.put(key, 7, options.clone()).local().unwrap();
    let settings = Settings { options: options.clone(), finish: None };
    runtime.sync_scope(|| {
        put(
            &SITE,
            Access::encodable(),
            None,
            |to, site| {
                to.push_raw(site.prefix());
                to.push_segment(key);
            },
            settings,
            7_u64,
        )
        .local()
        .unwrap();
        let look = || {
            lookup::<u64, ValueOnly>(&SITE, Access::encodable(), None, |to, site| {
                to.push_raw(site.prefix());
                to.push_segment(key);
            })
        };
        vec![
            ("get", allocations(|| now(cache.get::<u64>(&number)).unwrap() == Some(7))),
            ("get of a shared text", allocations(|| now(cache.get::<Shared>(&text)).unwrap().is_some())),
            ("get_arc", allocations(|| now(cache.get_arc::<Shared>(&text)).unwrap().is_some())),
            ("peek", allocations(|| cache.peek::<u64>(&number).unwrap() == Some(7))),
            ("fetch", allocations(|| now(cache.fetch::<u64>(&number)).unwrap().is_some())),
            ("contains_key", allocations(|| now(cache.contains_key(&number)))),
            ("get of a view", allocations(|| now(view.get(key)).unwrap() == Some(7))),
            ("peek of a view", allocations(|| view.peek(key).unwrap() == Some(7))),
            ("contains_key of a view", allocations(|| now(view.contains_key(key)))),
            ("call of a function", allocations(|| matches!(look(), Lookup::Hit(7)))),
        ]
    })
}

fn runtime(eviction: Eviction) -> Runtime {
    let cache = HydraCache::local().eviction(eviction).build();
    Runtime::builder().cache(cache).build().unwrap()
}

/// Every key length with and without a time to live; `check` is given what was measured and its name.
fn each(eviction: Eviction, lengths: &[usize], check: impl Fn(u64, &str)) {
    let tagged = CacheOptions::new().tag("one").tag("two");
    let lives =
        [("no time to live", tagged.clone()), ("a time to live", tagged.ttl(Duration::from_secs(3_600)))];
    for (life, options) in &lives {
        for &length in lengths {
            let runtime = runtime(eviction);
            for (way, counted) in ways(&runtime, &"k".repeat(length), options) {
                check(counted, &format!("`{way}`, a key of {length} bytes, {life}"));
            }
        }
    }
}

#[test]
fn a_hit_over_s3_fifo_allocates_nothing() {
    each(Eviction::S3Fifo, &[10, 100, 500], |counted, what| {
        assert_eq!(counted, 0, "allocations in {HITS} hits: {what}");
    });
}

#[test]
fn a_hit_over_tiny_lfu_allocates_nothing() {
    each(Eviction::TinyLfu, &[10, 100, 500], |counted, what| {
        assert_eq!(counted, 0, "allocations in {HITS} hits: {what}");
    });
}

/// A view and a function put a prefix before the key, and beyond 512 bytes it is written on the heap.
#[test]
fn a_hit_with_a_very_long_key_allocates_its_text_at_most() {
    each(Eviction::S3Fifo, &[1_000], |counted, what| {
        let allowed = if what.contains("view") || what.contains("function") { HITS } else { 0 };
        assert!(counted <= allowed, "{counted} allocations in {HITS} hits: {what}");
    });
}

/// The counter itself must count, else the other tests could not fail.
#[test]
fn an_allocation_is_counted() {
    assert_eq!(allocations(|| *black_box(Box::new(7_u64)) == 7), HITS);
}
