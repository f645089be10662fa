//! What a random program is made of.

use hydracache_runtime::testing::FaultyBus;
use hydracache_runtime::{CacheInvalidationBus, CacheOptions, HydraCache};
use proptest::prelude::*;

use crate::support::plain;

/// Each key has a tag of its own, one that it shares, and a prefix.
pub(super) const KEYS: [&str; 6] = ["a:1", "a:1:x", "a:2", "b:1", "b:2", "c"];
pub(super) const NODES: [&str; 3] = ["first", "second", "third"];

pub(super) fn options(key: usize) -> CacheOptions {
    plain().tag(format!("own {key}")).tag(["even", "odd"][key % 2])
}

/// How a writer tells the others that a key has changed.
#[derive(Debug, Clone, Copy)]
pub(super) enum How {
    Remove,
    Expire,
    OwnTag,
    SharedTag,
    Tags,
    Prefix,
    Intent,
    Flush,
}

pub(super) fn invalidate(cache: &HydraCache, key: usize, version: u64, how: How) {
    let text = KEYS[key];
    match how {
        How::Remove => cache.remove(text).fire(),
        How::Expire => cache.expire_key(text).fire(),
        How::OwnTag => cache.invalidate_tag(format!("own {key}")).fire(),
        How::SharedTag => cache.invalidate_tag(["even", "odd"][key % 2]).fire(),
        How::Tags => cache.invalidate_tags([format!("own {key}"), "unused".to_owned()]).fire(),
        How::Prefix => cache.invalidate_prefix(text).fire(),
        How::Intent => cache.write_intent(text).unwrap().put(version, options(key)).fire(),
        How::Flush => cache.flush().fire(),
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    Drop(u64),
    Lose(u64),
    Duplicate,
    Swap,
    Fail(u64),
    FailLate(u64),
    FailReplays(u64),
    Hold,
    Close,
}

impl Fault {
    pub(super) fn make(self, bus: &FaultyBus<impl CacheInvalidationBus>) {
        match self {
            Self::Drop(n) => bus.drop_next(n),
            Self::Lose(n) => bus.lose_next(n),
            Self::Duplicate => bus.duplicate_next(),
            Self::Swap => bus.swap_next(),
            Self::Fail(n) => bus.fail_next(n),
            Self::FailLate(n) => bus.fail_late_next(n),
            Self::FailReplays(n) => bus.fail_replays(n),
            Self::Hold => bus.hold(),
            Self::Close => bus.close_receivers(),
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Load(usize, usize),
    /// Begins a load that has read the source and ends later.
    Begin(usize, usize),
    /// Ends the load that began first.
    End,
    Write(usize, usize, How),
    Fault(Fault),
    Release,
    Advance(u64),
    Settle,
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let node = || 0..NODES.len();
    let key = || 0..KEYS.len();
    let how = prop::sample::select(vec![
        How::Remove,
        How::Expire,
        How::OwnTag,
        How::SharedTag,
        How::Tags,
        How::Prefix,
        How::Intent,
        How::Flush,
    ]);
    let fault = prop_oneof![
        (1_u64..4).prop_map(Fault::Drop),
        (1_u64..3).prop_map(Fault::Lose),
        Just(Fault::Duplicate),
        Just(Fault::Swap),
        (1_u64..4).prop_map(Fault::Fail),
        (1_u64..3).prop_map(Fault::FailLate),
        (1_u64..3).prop_map(Fault::FailReplays),
        Just(Fault::Hold),
        Just(Fault::Close),
    ];
    prop_oneof![
        8 => (node(), key()).prop_map(|(node, key)| Step::Load(node, key)),
        3 => (node(), key()).prop_map(|(node, key)| Step::Begin(node, key)),
        3 => Just(Step::End),
        6 => (node(), key(), how).prop_map(|(node, key, how)| Step::Write(node, key, how)),
        4 => fault.prop_map(Step::Fault),
        1 => Just(Step::Release),
        2 => (1_u64..8).prop_map(Step::Advance),
        1 => Just(Step::Settle),
    ]
}
