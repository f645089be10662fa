//! What a history is made of.

use proptest::prelude::*;

use super::model::Life;

/// Raw keys; the view writes the first two under its own names for them.
pub(super) const KEYS: [&str; 5] = ["v:a", "v:b", "c", "d:e", "f"];
pub(super) const VIEWED: [&str; 2] = ["a", "b"];
pub(super) const TAGS: [&str; 3] = ["t", "u", "v"];
/// One that is a namespace, one that is a key and begins another, one that no key has.
pub(super) const PREFIXES: [&str; 5] = ["v", "d", "v:a", "f", "x"];

#[derive(Debug, Clone)]
pub(super) enum Step {
    Put(usize, Life),
    Load(usize, Life),
    Remove(usize),
    Expire(usize),
    InvalidateTag(usize),
    Flush,
    Advance(u64),
    Sweep,
    Clear,
    ViewPut(usize, Life),
    ViewLoad(usize, Life),
    ViewRemove(usize),
    TakeToken(usize),
    Fill(Life),
    Reencode(usize, usize, Life),
    /// A bit for each key.
    LoadMany(u8, Life),
    InvalidatePrefix(usize),
    OpenIntent(usize),
    PutIntent(Life),
    CancelIntent,
    DropIntent,
}

fn life() -> impl Strategy<Value = Life> {
    let ttl = prop_oneof![2 => Just(None), 1 => (1_u64..6).prop_map(Some)];
    (ttl, 0_u8..8).prop_map(|(ttl, tags)| Life { ttl, tags })
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let key = || 0..KEYS.len();
    let viewed = || 0..VIEWED.len();
    prop_oneof![
        4 => (key(), life()).prop_map(|(key, life)| Step::Put(key, life)),
        3 => (key(), life()).prop_map(|(key, life)| Step::Load(key, life)),
        2 => key().prop_map(Step::Remove),
        1 => key().prop_map(Step::Expire),
        2 => (0..TAGS.len()).prop_map(Step::InvalidateTag),
        1 => Just(Step::Flush),
        3 => (0_u64..4).prop_map(Step::Advance),
        1 => Just(Step::Sweep),
        1 => Just(Step::Clear),
        2 => (viewed(), life()).prop_map(|(key, life)| Step::ViewPut(key, life)),
        2 => (viewed(), life()).prop_map(|(key, life)| Step::ViewLoad(key, life)),
        1 => viewed().prop_map(Step::ViewRemove),
        2 => key().prop_map(Step::TakeToken),
        2 => life().prop_map(Step::Fill),
        1 => (key(), key(), life()).prop_map(|(from, to, life)| Step::Reencode(from, to, life)),
        2 => (1_u8..32, life()).prop_map(|(keys, life)| Step::LoadMany(keys, life)),
        1 => (0..PREFIXES.len()).prop_map(Step::InvalidatePrefix),
        2 => key().prop_map(Step::OpenIntent),
        2 => life().prop_map(Step::PutIntent),
        1 => Just(Step::CancelIntent),
        1 => Just(Step::DropIntent),
    ]
}
