//! How far everybody has published on a bus within a process.

use std::collections::HashMap;

use smol_str::SmolStr;

use super::message::CachePosition;

/// Of how many incarnations of publishers it is known how far they published.
pub(super) const MAX_HEADS: usize = 4_096;

/// How far each incarnation of each publisher has published.
///
/// At most [`MAX_HEADS`] are known. When one more comes, the one that published longest ago is forgotten, and the log
/// cannot tell the positions of all any more.
#[derive(Debug, Default)]
pub(super) struct Heads {
    known: HashMap<(SmolStr, u64), Head>,
    raised: u64,
    some_are_forgotten: bool,
}

#[derive(Debug)]
struct Head {
    sequence: u64,
    /// The count of raises when this was raised last.
    raised: u64,
}

impl Heads {
    /// Notes a position; the highest of each incarnation stands.
    pub(super) fn raise(&mut self, position: &CachePosition) {
        self.raised += 1;
        let key = (position.publisher_name().clone(), position.generation());
        let raised = self.raised;
        if let Some(head) = self.known.get_mut(&key) {
            head.sequence = head.sequence.max(position.sequence());
            head.raised = raised;
            return;
        }
        if self.known.len() >= MAX_HEADS {
            self.forget_one();
        }
        self.known.insert(key, Head { sequence: position.sequence(), raised });
    }

    fn forget_one(&mut self) {
        let oldest = self.known.iter().min_by_key(|(_, head)| head.raised).map(|(key, _)| key.clone());
        if let Some(oldest) = oldest {
            self.known.remove(&oldest);
            self.some_are_forgotten = true;
        }
    }

    /// How far that incarnation has published, if it is known.
    pub(super) fn of(&self, publisher: &str, generation: u64) -> Option<u64> {
        self.known.get(&(SmolStr::new(publisher), generation)).map(|head| head.sequence)
    }

    /// How far all have published, or nothing when some are forgotten.
    pub(super) fn all(&self) -> Vec<CachePosition> {
        if self.some_are_forgotten {
            return Vec::new();
        }
        let heads = self.known.iter();
        heads
            .map(|((publisher, generation), head)| CachePosition::new(publisher, *generation, head.sequence))
            .collect()
    }
}
