//! Random histories of loads that fail, of values that are handed out late, of errors that are remembered and of absent
//! values, each answer compared with that of a model. There is no runtime, so nothing happens in the background.

mod model;

use hydracache_runtime::testing::ManualClock;
use hydracache_runtime::{CacheOptions, CacheResult, Eviction, HydraCache, RefreshOptions};
use proptest::prelude::*;

use crate::history::mirror::Mirror;
use crate::support::{plain, ready, seconds};
use model::{Answer, Life, Model, STALE_FOR};

const KEYS: [&str; 3] = ["a", "b", "c"];
/// A key whose value may be absent.
const OPTIONAL: &str = "o";

#[derive(Debug, Clone)]
enum Step {
    Put(usize, Life),
    Load(usize, Life),
    LoadMany(Life),
    /// A load that takes a stale value if it fails, which it does or does not.
    LoadOrStale(usize, bool, Life),
    /// A load that fails, whose error is remembered or not.
    Fail(usize, Option<u64>, Life),
    /// A load of something that may be absent; its absence may have a life of its own.
    LoadOptional(bool, Option<u64>, Life),
    Remove(usize),
    Expire(usize),
    InvalidateTag,
    Flush,
    Advance(u64),
    Sweep,
}

fn life() -> impl Strategy<Value = Life> {
    let ttl = prop_oneof![1 => Just(None), 3 => (1_u64..6).prop_map(Some)];
    let idle = prop_oneof![3 => Just(None), 1 => (1_u64..4).prop_map(Some)];
    (ttl, idle, prop::bool::ANY).prop_map(|(ttl, idle, tagged)| Life { ttl, idle, tagged })
}

fn step() -> impl Strategy<Value = Step> {
    let key = || 0..KEYS.len();
    let some = || prop_oneof![Just(None), (1_u64..4).prop_map(Some)];
    prop_oneof![
        2 => (key(), life()).prop_map(|(key, life)| Step::Put(key, life)),
        3 => (key(), life()).prop_map(|(key, life)| Step::Load(key, life)),
        1 => life().prop_map(Step::LoadMany),
        6 => (key(), prop::bool::ANY, life()).prop_map(|(key, ok, life)| Step::LoadOrStale(key, ok, life)),
        3 => (key(), some(), life()).prop_map(|(key, remember, life)| Step::Fail(key, remember, life)),
        3 => (prop::bool::ANY, some(), life()).prop_map(|(there, none, life)| Step::LoadOptional(there, none, life)),
        1 => key().prop_map(Step::Remove),
        2 => key().prop_map(Step::Expire),
        1 => Just(Step::InvalidateTag),
        1 => Just(Step::Flush),
        6 => (0_u64..4).prop_map(Step::Advance),
        2 => Just(Step::Sweep),
    ]
}

fn options(life: Life) -> CacheOptions {
    let mut options = plain();
    if let Some(ttl) = life.ttl {
        options = options.ttl(seconds(ttl));
    }
    if let Some(idle) = life.idle {
        options = options.time_to_idle(seconds(idle));
    }
    if life.tagged { options.tag("t") } else { options }
}

#[derive(Debug)]
struct Failed(u32);

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "failure {}", self.0)
    }
}

impl std::error::Error for Failed {}

/// What a call returned, as the model says it.
fn answer(result: CacheResult<u32>) -> Answer {
    result.map_err(|error| match error.downcast_ref::<Failed>() {
        Some(failed) => failed.0,
        None => panic!("it was not the loader that failed: {error}"),
    })
}

struct Pair {
    cache: HydraCache,
    clock: ManualClock,
    model: Model,
    mirror: Mirror,
    next: u32,
}

impl Pair {
    fn new(eviction: Eviction) -> Self {
        let clock = ManualClock::new();
        let cache = HydraCache::local().eviction(eviction).clock(clock.clone()).build();
        let mirror = Mirror::of(&cache);
        Self { cache, clock, model: Model::default(), mirror, next: 0 }
    }

    fn step(&mut self, step: &Step) {
        self.next += 1;
        let value = self.next;
        let cache = &self.cache;
        let load = move || async move { Ok::<_, Failed>(value) };
        let fail = move || async move { Err::<u32, _>(Failed(value)) };
        match *step {
            Step::Put(key, life) => {
                cache.put(KEYS[key], value, options(life)).local().unwrap();
                self.model.store(KEYS[key], value, life, false);
            }
            Step::Load(key, life) => {
                let loaded = ready(cache.get_or_load(KEYS[key], options(life), load));
                assert_eq!(answer(loaded), self.model.load(KEYS[key], Ok(value), None, life));
            }
            Step::LoadMany(life) => {
                if KEYS.iter().any(|key| self.model.remembers(key)) {
                    return;
                }
                let all = |keys: Vec<&'static str>| async move {
                    Ok::<_, Failed>(keys.into_iter().map(|key| (key, value)).collect::<Vec<_>>())
                };
                let found = ready(cache.get_many_or_load(KEYS, options(life), all)).unwrap();
                for key in KEYS {
                    assert_eq!(Ok(found[key]), self.model.load(key, Ok(value), None, life), "`{key}`");
                }
            }
            Step::LoadOrStale(key, ok, life) => {
                if self.model.remembers(KEYS[key]) {
                    return;
                }
                // A window after the end needs an end.
                let life = Life { ttl: life.ttl.or(Some(4)), ..life };
                let windows = RefreshOptions::new().stale_on_loader_error(seconds(STALE_FOR));
                let outcome = if ok { Ok(value) } else { Err(value) };
                let loader = move || async move { outcome.map_err(Failed) };
                let call = cache.get_or_load_with_refresh(KEYS[key], options(life), windows, loader);
                self.model.check_or_stale(KEYS[key], outcome, answer(ready(call)), life);
            }
            Step::Fail(key, remember, life) => {
                let remember = remember.filter(|_| !self.model.is_stale(KEYS[key]));
                // Whether an error that nobody asks for is forgotten earlier is not what this test is about.
                let life = Life { idle: life.idle.filter(|_| remember.is_none()), ..life };
                let options = options(life);
                let options = match remember {
                    Some(ttl) => options.cache_errors(seconds(ttl)),
                    None => options,
                };
                let failed = ready(cache.get_or_load(KEYS[key], options, fail));
                assert_eq!(answer(failed), self.model.load(KEYS[key], Err(value), remember, life));
            }
            Step::LoadOptional(there, none_ttl, life) => {
                let found = there.then_some(value);
                let loader = move || async move { Ok::<_, Failed>(found) };
                let options = options(life);
                let options = match none_ttl {
                    Some(ttl) => options.none_ttl(seconds(ttl)),
                    None => options,
                };
                let loaded = ready(cache.get_or_load_optional(OPTIONAL, options, loader)).unwrap();
                assert_eq!(loaded, self.model.load_optional(found, none_ttl, life));
            }
            Step::Remove(key) => {
                assert_eq!(cache.remove(KEYS[key]).local().unwrap(), self.model.remove(KEYS[key]));
            }
            Step::Expire(key) => {
                assert_eq!(cache.expire_key(KEYS[key]).local().unwrap(), self.model.expire(KEYS[key]));
            }
            Step::InvalidateTag => {
                cache.invalidate_tag("t").fire();
                self.model.invalidate_tag();
            }
            Step::Flush => {
                cache.flush().fire();
                self.model.flush();
            }
            Step::Advance(by) => {
                self.clock.advance(seconds(by));
                self.model.now += by;
            }
            Step::Sweep => drop(cache.sweep()),
        }
    }

    fn compare(&mut self, swept: bool) {
        self.mirror.catch_up();
        for key in KEYS {
            let expected = self.model.get(key);
            assert_eq!(ready(self.cache.get::<u32>(key)).unwrap(), expected, "`{key}`");
            assert_eq!(ready(self.cache.contains_key(key)), expected.is_some(), "`{key}`");
            if self.model.remembers(key) {
                self.mirror.doubt(key);
            }
            self.mirror.assert_agrees(key, expected.is_some(), swept && !self.model.is_stale(key));
        }
        let expected = self.model.get_optional();
        assert_eq!(ready(self.cache.get::<Option<u32>>(OPTIONAL)).unwrap(), expected);
        // What has expired is kept as long as a call of the cache might want it.
        self.mirror.assert_agrees(OPTIONAL, expected.is_some(), false);
    }
}

fn run(eviction: Eviction, steps: &[Step]) {
    let mut pair = Pair::new(eviction);
    for step in steps {
        pair.step(step);
        pair.compare(matches!(step, Step::Sweep));
    }
    pair.step(&Step::Sweep);
    pair.compare(true);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::support::count("HYDRACACHE_HISTORIES", 200), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_load_answers_as_the_model_over_s3_fifo(steps in prop::collection::vec(step(), 1..60)) {
        run(Eviction::S3Fifo, &steps);
    }

    #[test]
    fn every_load_answers_as_the_model_over_tiny_lfu(steps in prop::collection::vec(step(), 1..60)) {
        run(Eviction::TinyLfu, &steps);
    }
}
