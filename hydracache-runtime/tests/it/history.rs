//! Random histories of calls, each answer compared with that of a model too simple to be wrong.

pub(crate) mod mirror;
mod model;
mod steps;

use hydracache_runtime::testing::ManualClock;
use hydracache_runtime::{CacheOptions, Eviction, FillToken, HydraCache, TypedCache, WriteIntent};
use proptest::prelude::*;

use crate::support::{ready, seconds};
use mirror::Mirror;
use model::{Life, Model, Verdict};
use steps::{KEYS, PREFIXES, Step, TAGS, VIEWED, step};

fn options(life: Life) -> CacheOptions {
    let tags = TAGS.iter().enumerate().filter(|(at, _)| life.tags >> at & 1 == 1).map(|(_, tag)| *tag);
    let options = CacheOptions::new().tags(tags);
    life.ttl.map_or(options.clone(), |ttl| options.ttl(seconds(ttl)))
}

/// The cache beside its model.
struct Pair {
    cache: HydraCache,
    view: TypedCache<u32>,
    clock: ManualClock,
    model: Model,
    token: Option<FillToken>,
    intent: Option<WriteIntent>,
    mirror: Mirror,
    next: u32,
}

impl Pair {
    fn new(eviction: Eviction) -> Self {
        let clock = ManualClock::new();
        let cache = HydraCache::local().eviction(eviction).clock(clock.clone()).build();
        let (view, mirror) = (cache.typed("v"), Mirror::of(&cache));
        let model = Model::default();
        Self { cache, view, clock, model, token: None, intent: None, mirror, next: 0 }
    }

    /// A value that was not used before.
    fn value(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    /// Does one step to both and compares what they return.
    fn step(&mut self, step: &Step) {
        let value = self.value();
        match *step {
            Step::Put(key, life) => {
                self.cache.put(KEYS[key], value, options(life)).local().unwrap();
                self.model.put(KEYS[key], value, life, false);
            }
            Step::Load(key, life) => {
                let call =
                    self.cache.get_or_insert_with(KEYS[key], options(life), move || async move { value });
                let expected = self.model.load(KEYS[key], value, life, false);
                assert_eq!(ready(call).unwrap(), expected);
            }
            Step::Remove(key) => {
                assert_eq!(self.cache.remove(KEYS[key]).local().unwrap(), self.model.end(KEYS[key]));
            }
            Step::Expire(key) => {
                assert_eq!(self.cache.expire_key(KEYS[key]).local().unwrap(), self.model.end(KEYS[key]));
            }
            Step::InvalidateTag(tag) => {
                self.cache.invalidate_tag(TAGS[tag]).fire();
                self.model.invalidate_tag(tag);
            }
            Step::Flush => {
                self.cache.flush().fire();
                self.model.flush();
            }
            Step::Advance(by) => {
                self.clock.advance(seconds(by));
                self.model.now += by;
            }
            Step::Sweep => drop(self.cache.sweep()),
            Step::Clear => {
                self.view.clear().fire();
                self.model.clear_view();
            }
            _ => self.other_step(step, value),
        }
    }

    fn other_step(&mut self, step: &Step, value: u32) {
        match *step {
            Step::ViewPut(key, life) => {
                self.view.put(VIEWED[key], value, options(life)).local().unwrap();
                self.model.put(KEYS[key], value, life, true);
            }
            Step::ViewLoad(key, life) => {
                let call =
                    self.view.get_or_insert_with(VIEWED[key], options(life), move || async move { value });
                let expected = self.model.load(KEYS[key], value, life, true);
                assert_eq!(ready(call).unwrap(), expected);
            }
            Step::ViewRemove(key) => {
                // What the view hides is a case of its own, with a test of its own.
                let hidden = self.model.get(KEYS[key]) != self.model.get_in_view(KEYS[key]);
                let was_there = self.view.remove(VIEWED[key]).local().unwrap();
                assert!(self.model.end(KEYS[key]) == was_there || hidden);
            }
            Step::TakeToken(key) => {
                self.token = Some(self.cache.fill_token(KEYS[key]).unwrap());
                self.model.take_token(KEYS[key]);
            }
            Step::Fill(mut life) => {
                let Some(token) = &self.token else { return };
                if self.model.token_has_aged() {
                    // Whether such a life counts from the read or from the fill is not what this test is about.
                    life.ttl = None;
                }
                let stored = self.cache.fill(token, value, options(life)).unwrap();
                match self.model.may_fill(life) {
                    Verdict::Must => assert!(stored, "nothing had happened since the token"),
                    Verdict::MustNot => assert!(!stored, "what was read is too old"),
                    Verdict::May => {}
                }
                if stored {
                    self.model.fill(value, life);
                }
            }
            Step::Reencode(from, to, life) => {
                let bytes = ready(self.cache.get_encoded(KEYS[from])).unwrap();
                assert_eq!(bytes.is_some(), self.model.get(KEYS[from]).is_some());
                if let (Some(bytes), Some(value)) = (bytes, self.model.get(KEYS[from])) {
                    self.cache.put_encoded(KEYS[to], bytes, options(life)).local().unwrap();
                    self.model.put(KEYS[to], value, life, false);
                }
            }
            _ => self.bulk_or_intent_step(step, value),
        }
    }

    fn bulk_or_intent_step(&mut self, step: &Step, value: u32) {
        match *step {
            Step::LoadMany(keys, life) => {
                let keys = KEYS.into_iter().enumerate().filter(|(at, _)| keys >> at & 1 == 1);
                let keys: Vec<_> = keys.map(|(_, key)| key).collect();
                let load = |missing: Vec<&'static str>| async move {
                    Ok::<_, std::io::Error>(missing.into_iter().map(|key| (key, value)).collect::<Vec<_>>())
                };
                // The first is asked for twice.
                let asked = keys.iter().copied().chain([keys[0]]);
                let found = ready(self.cache.get_many_or_load(asked, options(life), load)).unwrap();
                assert_eq!(found.len(), keys.len());
                for key in keys {
                    assert_eq!(found[key], self.model.load(key, value, life, false), "`{key}`");
                }
            }
            Step::InvalidatePrefix(prefix) => {
                let removed = self.cache.invalidate_prefix(PREFIXES[prefix]).local().unwrap();
                let ended = self.model.invalidate_prefix(PREFIXES[prefix]);
                assert!(removed >= ended, "{removed} went, and {ended} could be read");
            }
            Step::OpenIntent(key) if self.intent.is_none() => {
                self.intent = Some(self.cache.write_intent(KEYS[key]).unwrap());
                self.model.open_intent(KEYS[key]);
            }
            Step::OpenIntent(_) => {}
            Step::PutIntent(mut life) => {
                if self.model.intent_has_aged() {
                    // Whether such a life counts from the opening is not what this test is about.
                    life.ttl = None;
                }
                let Some(intent) = self.intent.take() else { return };
                let stored = intent.put(value, options(life)).local().unwrap();
                let closed = self.model.close_intent();
                match closed.verdict {
                    Verdict::Must => assert!(stored, "nothing had come between"),
                    Verdict::MustNot => assert!(!stored, "something had come between"),
                    Verdict::May => {}
                }
                // What was invalidated meanwhile may have ended what was stored as well.
                let certain = closed.verdict == Verdict::Must;
                if stored && (certain || self.cache.peek::<u32>(closed.key).unwrap().is_some()) {
                    self.model.put_meant(&closed, value, life);
                } else {
                    self.model.end(closed.key);
                }
            }
            Step::CancelIntent => {
                if let Some(intent) = self.intent.take() {
                    intent.cancel();
                    self.model.close_intent();
                }
            }
            Step::DropIntent => {
                if let Some(intent) = self.intent.take() {
                    drop(intent);
                    let closed = self.model.close_intent();
                    self.model.end(closed.key);
                }
            }
            _ => unreachable!("the other steps were done before"),
        }
    }

    /// Compares all that can be read.
    fn compare(&mut self, swept: bool) {
        self.mirror.catch_up();
        for key in KEYS {
            let expected = self.model.get(key);
            assert_eq!(ready(self.cache.get::<u32>(key)).unwrap(), expected, "`{key}`");
            assert_eq!(self.cache.peek::<u32>(key).unwrap(), expected, "`{key}`");
            assert_eq!(ready(self.cache.contains_key(key)), expected.is_some(), "`{key}`");
            self.mirror.assert_agrees(key, expected.is_some(), swept);
        }
        for (viewed, key) in VIEWED.into_iter().zip(KEYS) {
            let expected = self.model.get_in_view(key);
            assert_eq!(ready(self.view.get(viewed)).unwrap(), expected, "`{viewed}` in the view");
            assert_eq!(ready(self.view.contains_key(viewed)), expected.is_some(), "`{viewed}` in the view");
        }
        let live = KEYS.iter().filter(|key| self.model.get(key).is_some()).count();
        let diagnostics = ready(self.cache.diagnostics());
        assert_eq!(diagnostics.live_entries, live as u64);
        assert_eq!(diagnostics.stats.stale_discards, 0, "no load was overtaken");
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
    fn every_answer_is_that_of_the_model_over_s3_fifo(steps in prop::collection::vec(step(), 1..60)) {
        run(Eviction::S3Fifo, &steps);
    }

    #[test]
    fn every_answer_is_that_of_the_model_over_tiny_lfu(steps in prop::collection::vec(step(), 1..60)) {
        run(Eviction::TinyLfu, &steps);
    }
}
