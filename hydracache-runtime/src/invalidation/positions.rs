//! What a receiving cache knows of each publisher, and what follows from that for each message.
//!
//! Nothing here waits or does anything: [`Positions::judge`] says what must happen for a message,
//! [`Positions::applied`] notes that it has. In between, nothing is noted, so whatever is not finished shows again with the
//! next message.

use std::collections::{HashMap, HashSet};

use arrayvec::ArrayVec;
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::gap::Gap;
use super::message::{CacheInvalidation, CacheInvalidationMessage, CachePosition};

/// How many publishers are known at a time.
const MAX_PUBLISHERS: usize = 4_096;
/// How many incarnations of one publisher are known at a time.
const MAX_GENERATIONS: usize = 4;
/// A gap of more than this is not asked for: dropping everything is cheaper, and a bus is spared a number that lies.
const MAX_REPLAY: u64 = 65_536;

/// How far each incarnation of each publisher was received and applied.
///
/// Each incarnation is a stream of its own, in which numbers must come one after the other. Nobody needs to know which
/// incarnation is the newer: when one appears, whatever the others of the publisher may have published meanwhile is
/// missing, and a straggler of an earlier one is judged by its own stream.
///
/// Memory is bounded by [`MAX_PUBLISHERS`] with [`MAX_GENERATIONS`] each. The publisher heard of longest ago is forgotten
/// for one that is new. What it published since would not be missed any more, should it come back as another incarnation;
/// so, from then on, everything is dropped when a publisher appears that is not known.
///
/// One loss cannot be noticed here, because no message tells of it: that of all messages of an incarnation, while the
/// bus says nothing of it in `CacheInvalidationReceiver::positions` either.
#[derive(Debug)]
pub(crate) struct Positions {
    own: CachePosition,
    publishers: HashMap<SmolStr, Publisher>,
    /// Counts what was applied, to tell who was heard of longest ago.
    heard: u64,
}

#[derive(Debug, Default)]
struct Publisher {
    /// The one heard of last is the last.
    streams: ArrayVec<Stream, MAX_GENERATIONS>,
    /// An incarnation was forgotten whose end had not been asked for.
    forgot_one: bool,
    heard: u64,
}

/// One incarnation of a publisher.
#[derive(Debug, Clone, Copy)]
struct Stream {
    generation: u64,
    /// The highest number up to which everything was applied, or covered by a flush.
    last: u64,
    /// Another incarnation appeared since this one was heard of, and what this one had published by then is dealt with.
    ended: bool,
}

/// What must happen for a message before it is noted as applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// This cache published it: nothing to do, not even to note it.
    Own,
    /// It is the next one, or cannot be placed: apply it.
    Apply,
    /// It tells a position that is known already: there is nothing to apply.
    UpToDate,
    /// It was seen before, or stands before something that was: apply it, because twice costs little.
    Duplicate,
    /// Messages before it are missing, and it is a flush, which covers them: apply it.
    Covered,
    /// These are missing: apply each gap's messages in this order, or drop everything if one cannot be filled; then
    /// apply the message itself.
    Gap(SmallVec<[Gap; 2]>),
    /// It cannot be told, or is too much, what is missing: drop everything, then apply the message itself.
    Flush,
}

impl Positions {
    /// What a cache knows that publishes as `publisher` in `generation` and has received nothing.
    pub(crate) fn new(publisher: &str, generation: u64) -> Self {
        let own = CachePosition::new(publisher, generation, 0);
        Self { own, publishers: HashMap::new(), heard: 0 }
    }

    /// What must happen for a message that was received.
    pub(crate) fn judge(&self, message: &CacheInvalidationMessage) -> Verdict {
        if !message.is_sequenced() {
            return Verdict::Apply;
        }
        let position = message.position();
        if self.is_own(position) {
            return Verdict::Own;
        }
        let is_position = *message.invalidation() == CacheInvalidation::Position;
        // Up to which number everything must have come before this.
        let before = if is_position { position.sequence() } else { position.sequence() - 1 };
        let mut missing = Missing::default();
        let last = self.last(position);
        if last.is_none() {
            self.note_new_stream(position, &mut missing);
        }
        missing.add(position, last.unwrap_or(0), before);
        if !missing.is_nothing() {
            let covers = *message.invalidation() == CacheInvalidation::Flush;
            return if covers { Verdict::Covered } else { missing.verdict() };
        }
        match last {
            _ if is_position => Verdict::UpToDate,
            Some(last) if position.sequence() <= last => Verdict::Duplicate,
            _ => Verdict::Apply,
        }
    }

    /// Notes that a received message was applied, after everything its verdict asked for. Those that a bus gave out
    /// again to fill a gap are not noted: the message that showed the gap stands for them.
    pub(crate) fn applied(&mut self, message: &CacheInvalidationMessage) {
        let position = message.position();
        if !message.is_sequenced() || self.is_own(position) {
            return;
        }
        if !self.publishers.contains_key(position.publisher()) && self.is_full() {
            self.forget_one();
        }
        let publisher = self.heard_of(position);
        if !publisher.raise(position) {
            for stream in &mut publisher.streams {
                stream.ended = true;
            }
            publisher.begin(position);
        }
    }

    /// What must happen for a new subscription that began at these positions, to take the place of an earlier one:
    /// [`Verdict::UpToDate`], [`Verdict::Gap`] or [`Verdict::Flush`].
    pub(crate) fn compare(&self, baseline: &[CachePosition]) -> Verdict {
        if baseline.is_empty() {
            // The bus cannot tell, and somebody never heard of may have published.
            return Verdict::Flush;
        }
        let mut missing = Missing::default();
        let mut told = HashSet::new();
        for position in baseline.iter().filter(|position| !self.is_own(position)) {
            told.insert((position.publisher(), position.generation()));
            missing.add(position, self.last(position).unwrap_or(0), position.sequence());
        }
        for (name, publisher) in &self.publishers {
            let silent = |stream: &Stream| !told.contains(&(name.as_str(), stream.generation));
            publisher.add_ends(name, silent, &mut missing);
        }
        if missing.is_nothing() { Verdict::UpToDate } else { missing.verdict() }
    }

    /// Notes that all up to these positions is dealt with: at the first subscription, which needs nothing, or after what
    /// [`compare`](Self::compare) asked for.
    pub(crate) fn rebase(&mut self, baseline: &[CachePosition]) {
        for position in baseline {
            let known = self.publishers.contains_key(position.publisher());
            if self.is_own(position) || (!known && self.is_full()) {
                continue;
            }
            let publisher = self.heard_of(position);
            if !publisher.raise(position) {
                // Which incarnation is alive cannot be told from positions, so none of them is taken to have ended.
                publisher.begin(position);
            }
        }
    }

    /// How far each known incarnation of each publisher is applied.
    #[cfg(test)]
    pub(crate) fn all(&self) -> Vec<CachePosition> {
        let streams = self.publishers.iter().flat_map(|(name, publisher)| {
            publisher
                .streams
                .iter()
                .map(move |stream| CachePosition::new(name, stream.generation, stream.last))
        });
        streams.collect()
    }

    fn is_own(&self, position: &CachePosition) -> bool {
        position.generation() == self.own.generation() && position.publisher() == self.own.publisher()
    }

    fn is_full(&self) -> bool {
        self.publishers.len() >= MAX_PUBLISHERS
    }

    /// The highest number applied in that stream, if it is known.
    fn last(&self, position: &CachePosition) -> Option<u64> {
        let streams = &self.publishers.get(position.publisher())?.streams;
        streams.iter().find(|stream| stream.generation == position.generation()).map(|stream| stream.last)
    }

    /// What is missing because an incarnation appears that is not known.
    fn note_new_stream(&self, position: &CachePosition, missing: &mut Missing) {
        match self.publishers.get(position.publisher()) {
            Some(publisher) => {
                missing.unknown |= publisher.forgot_one;
                publisher.add_ends(position.publisher_name(), |_| true, missing);
            }
            None => missing.unknown |= self.is_full(),
        }
    }

    fn heard_of(&mut self, position: &CachePosition) -> &mut Publisher {
        self.heard += 1;
        let publisher = self.publishers.entry(position.publisher_name().clone()).or_default();
        publisher.heard = self.heard;
        publisher
    }

    fn forget_one(&mut self) {
        let oldest = self.publishers.iter().min_by_key(|(_, publisher)| publisher.heard);
        if let Some(name) = oldest.map(|(name, _)| name.clone()) {
            self.publishers.remove(&name);
        }
    }
}

impl Publisher {
    /// Moves a known stream on, never back; false if it is not known.
    fn raise(&mut self, position: &CachePosition) -> bool {
        let Some(at) = self.streams.iter().position(|stream| stream.generation == position.generation())
        else {
            return false;
        };
        let stream = &mut self.streams[at];
        if position.sequence() > stream.last {
            stream.last = position.sequence();
            // It lives after all, and may publish more.
            stream.ended = false;
        }
        self.streams[at..].rotate_left(1);
        true
    }

    /// Adds a stream, in place of one that ended if there is no room.
    fn begin(&mut self, position: &CachePosition) {
        if self.streams.is_full() {
            let ended = self.streams.iter().position(|stream| stream.ended);
            self.forgot_one |= ended.is_none();
            self.streams.remove(ended.unwrap_or(0));
        }
        let (generation, last) = (position.generation(), position.sequence());
        self.streams.push(Stream { generation, last, ended: false });
    }

    /// Adds whatever those streams may have published that was not received.
    fn add_ends(&self, name: &SmolStr, of: impl Fn(&Stream) -> bool, missing: &mut Missing) {
        for stream in self.streams.iter().filter(|stream| !stream.ended && of(stream)) {
            if let Some(after) = stream.last.checked_add(1) {
                missing.gaps.push(Gap::new(name.clone(), stream.generation, after..=u64::MAX));
            }
        }
    }
}

/// What did not arrive.
#[derive(Debug, Default)]
struct Missing {
    gaps: SmallVec<[Gap; 2]>,
    /// Something else may be missing, and nobody can say what.
    unknown: bool,
    too_much: bool,
}

impl Missing {
    /// Adds what lies between the number received last and one up to which all must have been published.
    fn add(&mut self, position: &CachePosition, last: u64, until: u64) {
        if last < until {
            self.too_much |= until - last > MAX_REPLAY;
            let publisher = position.publisher_name().clone();
            self.gaps.push(Gap::new(publisher, position.generation(), last + 1..=until));
        }
    }

    fn is_nothing(&self) -> bool {
        self.gaps.is_empty() && !self.unknown
    }

    fn verdict(self) -> Verdict {
        if self.unknown || self.too_much { Verdict::Flush } else { Verdict::Gap(self.gaps) }
    }
}

#[cfg(test)]
mod tests;
