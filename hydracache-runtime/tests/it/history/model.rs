//! What a cache of unlimited size answers, without any cleverness: whatever ends an entry takes it out at once.

use std::collections::BTreeMap;

use super::mirror::covers;

/// What is said about an entry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Life {
    pub(crate) ttl: Option<u64>,
    /// A bit for each tag.
    pub(crate) tags: u8,
}

#[derive(Debug)]
struct Kept {
    value: u32,
    life: Life,
    stored_at: u64,
    /// It was stored through the view.
    in_view: bool,
    /// The view was cleared since it was stored under its raw key.
    hidden: bool,
}

/// Whether a fill must store.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Must,
    MustNot,
    /// Writes to neighbouring keys may refuse a fill.
    May,
}

/// What happened since a token was taken.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says that one thing happened")]
struct Token {
    key: &'static str,
    key_written: bool,
    anything_written: bool,
    tags: u8,
    flushed: bool,
    cleared: bool,
    taken_at: u64,
}

/// What happened since a write of a key was announced.
#[derive(Debug)]
struct Intent {
    key: &'static str,
    disturbed: bool,
    /// Something happened that reaches the key or its tags in another way.
    perhaps: bool,
    cleared: bool,
    opened_at: u64,
}

/// An intent that has come to its end.
#[derive(Debug)]
pub(crate) struct Closed {
    pub(crate) key: &'static str,
    pub(crate) verdict: Verdict,
    cleared: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) now: u64,
    kept: BTreeMap<&'static str, Kept>,
    token: Option<Token>,
    intent: Option<Intent>,
}

impl Model {
    fn find(&self, key: &str) -> Option<&Kept> {
        let kept = self.kept.get(key)?;
        kept.life.ttl.is_none_or(|ttl| self.now < kept.stored_at + ttl).then_some(kept)
    }

    pub(crate) fn get(&self, key: &str) -> Option<u32> {
        self.find(key).map(|kept| kept.value)
    }

    pub(crate) fn get_in_view(&self, key: &str) -> Option<u32> {
        self.find(key).filter(|kept| !kept.hidden).map(|kept| kept.value)
    }

    fn store(&mut self, key: &'static str, value: u32, life: Life, in_view: bool) {
        self.kept.insert(key, Kept { value, life, stored_at: self.now, in_view, hidden: false });
    }

    fn note_write(&mut self, key: &str) {
        if let Some(token) = &mut self.token {
            token.anything_written = true;
            token.key_written |= token.key == key;
        }
        self.disturb(key);
    }

    fn disturb(&mut self, key: &str) {
        if let Some(intent) = &mut self.intent {
            intent.disturbed |= intent.key == key;
        }
    }

    fn disturb_perhaps(&mut self) {
        if let Some(intent) = &mut self.intent {
            intent.perhaps = true;
        }
    }

    pub(crate) fn put(&mut self, key: &'static str, value: u32, life: Life, in_view: bool) {
        self.store(key, value, life, in_view);
        self.note_write(key);
    }

    pub(crate) fn load(&mut self, key: &'static str, value: u32, life: Life, in_view: bool) -> u32 {
        let found = if in_view { self.get_in_view(key) } else { self.get(key) };
        if let Some(found) = found {
            return found;
        }
        self.store(key, value, life, in_view);
        self.disturb(key);
        // What a load stored may be newer than what was read under a token, so a fill may be refused.
        if let Some(token) = &mut self.token {
            token.anything_written = true;
        }
        value
    }

    /// Removes or expires a key and says whether a read would have found it.
    pub(crate) fn end(&mut self, key: &'static str) -> bool {
        let found = self.get(key).is_some();
        self.kept.remove(key);
        self.note_write(key);
        found
    }

    /// Ends what the prefix covers and says how much of it could be read.
    pub(crate) fn invalidate_prefix(&mut self, prefix: &str) -> u64 {
        let covered: Vec<_> = self.kept.keys().copied().filter(|key| covers(prefix, key)).collect();
        let ended = covered.into_iter().filter(|key| self.end(key)).count();
        if let Some(token) = &mut self.token {
            token.anything_written = true;
            token.key_written |= covers(prefix, token.key);
            // A prefix of one segment is a namespace as well.
            token.cleared |= prefix == "v";
        }
        if let Some(intent) = &mut self.intent {
            intent.disturbed |= covers(prefix, intent.key);
        }
        ended as u64
    }

    pub(crate) fn open_intent(&mut self, key: &'static str) {
        self.intent =
            Some(Intent { key, disturbed: false, perhaps: false, cleared: false, opened_at: self.now });
        if let Some(token) = &mut self.token {
            token.anything_written = true;
        }
    }

    /// Whether the clock moved since the intent was opened.
    pub(crate) fn intent_has_aged(&self) -> bool {
        self.intent.as_ref().is_some_and(|intent| intent.opened_at != self.now)
    }

    /// Stores what an intent put.
    pub(crate) fn put_meant(&mut self, closed: &Closed, value: u32, life: Life) {
        self.put(closed.key, value, life, false);
        // As with a fill: it was meant before the view was cleared.
        self.kept.get_mut(closed.key).expect("it was just stored").hidden = closed.cleared;
    }

    /// Whether the value of the intent must be stored.
    pub(crate) fn close_intent(&mut self) -> Closed {
        let intent = self.intent.take().expect("it is open");
        let verdict = match intent {
            Intent { disturbed: true, .. } => Verdict::MustNot,
            Intent { perhaps: true, .. } => Verdict::May,
            _ => Verdict::Must,
        };
        Closed { key: intent.key, verdict, cleared: intent.cleared }
    }

    pub(crate) fn invalidate_tag(&mut self, tag: usize) {
        self.disturb_perhaps();
        self.kept.retain(|_, kept| kept.life.tags >> tag & 1 == 0);
        if let Some(token) = &mut self.token {
            token.tags |= 1 << tag;
        }
    }

    pub(crate) fn flush(&mut self) {
        self.disturb_perhaps();
        self.kept.clear();
        if let Some(token) = &mut self.token {
            token.flushed = true;
        }
    }

    pub(crate) fn clear_view(&mut self) {
        self.disturb_perhaps();
        if let Some(intent) = &mut self.intent {
            intent.cleared = true;
        }
        self.kept.retain(|_, kept| !kept.in_view);
        for kept in self.kept.values_mut() {
            kept.hidden = true;
        }
        if let Some(token) = &mut self.token {
            token.cleared = true;
        }
    }

    pub(crate) fn take_token(&mut self, key: &'static str) {
        self.token = Some(Token {
            key,
            key_written: false,
            anything_written: false,
            tags: 0,
            flushed: false,
            cleared: false,
            taken_at: self.now,
        });
    }

    pub(crate) fn may_fill(&self, life: Life) -> Verdict {
        let Some(token) = &self.token else { return Verdict::MustNot };
        if token.key_written || token.flushed || token.tags & life.tags != 0 {
            Verdict::MustNot
        } else if token.anything_written || self.intent.is_some() {
            Verdict::May
        } else {
            Verdict::Must
        }
    }

    /// Whether the clock moved since the token was taken.
    pub(crate) fn token_has_aged(&self) -> bool {
        self.token.as_ref().is_some_and(|token| token.taken_at != self.now)
    }

    pub(crate) fn fill(&mut self, value: u32, life: Life) {
        let token = self.token.as_mut().expect("a fill has a token");
        // A second fill under one token may be refused because of the first.
        token.anything_written = true;
        let (key, cleared) = (token.key, token.cleared);
        self.store(key, value, life, false);
        self.disturb(key);
        // What was read before the view was cleared is no more for its eyes than what was stored before.
        self.kept.get_mut(key).expect("it was just stored").hidden = cleared;
    }
}
