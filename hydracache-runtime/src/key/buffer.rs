//! The key of a call while it is being written: on the stack, without allocation.

use arrayvec::ArrayString;

use super::{KeySegment, MAX_KEY_BYTES, SegmentWriter};

/// Bytes of a key that are kept on the stack: all that a key can have. One that is too long moves to the heap, so that
/// the error can tell its length.
const INLINE: usize = MAX_KEY_BYTES;

/// A key under construction.
///
/// Generated code writes the key of a call here, looks the entry up borrowed, and makes an owned key only on a miss.
#[derive(Debug, Default)]
pub struct KeyBuf {
    inline: ArrayString<INLINE>,
    spilled: Option<String>,
}

impl KeyBuf {
    /// An empty key.
    #[inline]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends text as it is, separators included.
    #[inline]
    pub fn push_raw(&mut self, text: &str) {
        if self.spilled.is_none() && self.inline.try_push_str(text).is_ok() {
            return;
        }
        self.spill(text);
    }

    /// Appends one value, escaped.
    #[inline]
    pub fn push_segment<S: KeySegment + ?Sized>(&mut self, value: &S) {
        value.write_segment(&mut SegmentWriter::stack(self));
    }

    /// The key so far.
    #[inline]
    pub fn as_str(&self) -> &str {
        self.spilled.as_deref().unwrap_or(&self.inline)
    }

    #[cold]
    fn spill(&mut self, text: &str) {
        let inline = &self.inline;
        let spilled = self.spilled.get_or_insert_with(|| {
            let mut heap = String::with_capacity(2 * INLINE);
            heap.push_str(inline);
            heap
        });
        spilled.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_key_moves_to_the_heap_and_stays_whole() {
        let mut key = KeyBuf::new();
        let piece = "x".repeat(INLINE - 100);
        key.push_raw(&piece);
        key.push_segment(&piece);
        key.push_raw(":end");
        assert_eq!(key.as_str(), format!("{piece}{piece}:end"));
    }
}
