//! What can stand in a key, and how it is written so that two different values never look alike.
//!
//! A segment is text in which `%` and `:` are escaped. `%` followed by anything but the two escapes is free for
//! marks of our own: `%-` is an absent value, `%+` a present one whose text might begin with such a mark, and `%,`
//! separates what is nested inside one segment. Each type's grammar can be read from left to right without looking
//! back, which is why it is injective.

use std::borrow::Cow;
use std::num;
use std::rc::Rc;
use std::sync::Arc;

use super::KeyBuf;

/// A value that can be one segment of a key or a tag.
///
/// Integers, `bool`, `char`, strings, IP addresses, `Option`, tuples, slices, `Vec`, references and the usual smart
/// pointers implement it, and behind the features `uuid`, `chrono` and `time` the ids, dates and times of these crates; a
/// type of your own derives it. Floating-point numbers do not: `0.0` and `-0.0` are equal and print differently, `NaN` is not
/// equal to itself. Say what you mean, for example `(price * 100.0) as i64`.
///
/// ```
/// use hydracache_runtime::{CacheKeyBuilder, KeySegment, SegmentWriter};
///
/// struct UserId(u64);
///
/// impl KeySegment for UserId {
///     fn write_segment(&self, out: &mut SegmentWriter<'_>) {
///         self.0.write_segment(out);
///     }
/// }
///
/// assert_eq!(CacheKeyBuilder::new().entity("user", UserId(42)).build().as_str(), "user:42");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key",
    label = "this cannot be written into a key",
    note = "integers, `bool`, `char`, strings, `Option`, tuples and slices of those can; for your own type derive it, \
            `#[derive(hydracache::KeySegment)]`, or name a field of it in the template, as in `key = \"user:{{user.id}}\"`",
    note = "a floating-point number has several ways to be equal: say which you mean, as in `(price * 100.0) as i64`",
    note = "an argument that does not belong in the key is left out with `skip(..)`"
)]
pub trait KeySegment {
    /// Whether the text of some value may begin with one of our marks; a type that is not sure says nothing.
    #[doc(hidden)]
    const MAY_BEGIN_WITH_MARK: bool = true;

    /// Writes the value; two values that are different must be written differently.
    fn write_segment(&self, out: &mut SegmentWriter<'_>);
}

/// Where a [`KeySegment`] writes itself; what is written is escaped on the way.
#[derive(Debug)]
pub struct SegmentWriter<'a>(Sink<'a>);

#[derive(Debug)]
enum Sink<'a> {
    Stack(&'a mut KeyBuf),
    Heap(&'a mut String),
}

impl<'a> SegmentWriter<'a> {
    pub(crate) fn stack(buffer: &'a mut KeyBuf) -> Self {
        Self(Sink::Stack(buffer))
    }

    pub(crate) fn heap(text: &'a mut String) -> Self {
        Self(Sink::Heap(text))
    }

    /// Writes text, escaping `%` and `:`.
    #[inline]
    pub fn text(&mut self, text: &str) {
        if text.bytes().any(|b| b == b'%' || b == b':') {
            escape_into(text, |piece| self.raw(piece));
        } else {
            self.raw(text);
        }
    }

    #[inline]
    fn raw(&mut self, text: &str) {
        match &mut self.0 {
            Sink::Stack(buffer) => buffer.push_raw(text),
            Sink::Heap(string) => string.push_str(text),
        }
    }
}

/// Calls `push` with the pieces of `text` in which `%` and `:` are escaped.
pub(crate) fn escape_into(text: &str, mut push: impl FnMut(&str)) {
    let mut rest = text;
    while let Some(at) = rest.find(['%', ':']) {
        push(&rest[..at]);
        push(if rest.as_bytes()[at] == b'%' { "%25" } else { "%3A" });
        rest = &rest[at + 1..];
    }
    push(rest);
}

macro_rules! integers {
    ($($t:ty),*) => {$(
        impl KeySegment for $t {
            const MAY_BEGIN_WITH_MARK: bool = false;

            #[inline]
            fn write_segment(&self, out: &mut SegmentWriter<'_>) {
                out.raw(itoa::Buffer::new().format(*self));
            }
        }
    )*};
}
integers!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);

macro_rules! non_zero {
    ($($t:ident),*) => {$(
        impl KeySegment for num::$t {
            const MAY_BEGIN_WITH_MARK: bool = false;

            #[inline]
            fn write_segment(&self, out: &mut SegmentWriter<'_>) {
                self.get().write_segment(out);
            }
        }
    )*};
}
non_zero!(
    NonZeroU8,
    NonZeroU16,
    NonZeroU32,
    NonZeroU64,
    NonZeroU128,
    NonZeroUsize,
    NonZeroI8,
    NonZeroI16,
    NonZeroI32,
    NonZeroI64,
    NonZeroI128,
    NonZeroIsize
);

impl KeySegment for bool {
    const MAY_BEGIN_WITH_MARK: bool = false;

    fn write_segment(&self, out: &mut SegmentWriter<'_>) {
        out.raw(if *self { "true" } else { "false" });
    }
}

impl KeySegment for char {
    const MAY_BEGIN_WITH_MARK: bool = false;

    fn write_segment(&self, out: &mut SegmentWriter<'_>) {
        out.text(self.encode_utf8(&mut [0; 4]));
    }
}

impl KeySegment for str {
    const MAY_BEGIN_WITH_MARK: bool = false;

    #[inline]
    fn write_segment(&self, out: &mut SegmentWriter<'_>) {
        out.text(self);
    }
}

impl KeySegment for String {
    const MAY_BEGIN_WITH_MARK: bool = false;

    #[inline]
    fn write_segment(&self, out: &mut SegmentWriter<'_>) {
        out.text(self);
    }
}

impl KeySegment for super::CacheKey {
    const MAY_BEGIN_WITH_MARK: bool = false;

    fn write_segment(&self, out: &mut SegmentWriter<'_>) {
        out.text(self.as_str());
    }
}

impl<T: KeySegment + ?Sized + ToOwned> KeySegment for Cow<'_, T> {
    const MAY_BEGIN_WITH_MARK: bool = T::MAY_BEGIN_WITH_MARK;

    fn write_segment(&self, out: &mut SegmentWriter<'_>) {
        (**self).write_segment(out);
    }
}

macro_rules! pointers {
    ($($t:ty),*) => {$(
        impl<T: KeySegment + ?Sized> KeySegment for $t {
            const MAY_BEGIN_WITH_MARK: bool = T::MAY_BEGIN_WITH_MARK;

            #[inline]
            fn write_segment(&self, out: &mut SegmentWriter<'_>) {
                (**self).write_segment(out);
            }
        }
    )*};
}
pointers!(&T, &mut T, Box<T>, Arc<T>, Rc<T>);

impl<T: KeySegment> KeySegment for Option<T> {
    fn write_segment(&self, out: &mut SegmentWriter<'_>) {
        match self {
            None => out.raw("%-"),
            Some(value) => {
                if T::MAY_BEGIN_WITH_MARK {
                    out.raw("%+");
                }
                value.write_segment(out);
            }
        }
    }
}

impl<T: KeySegment> KeySegment for [T] {
    fn write_segment(&self, out: &mut SegmentWriter<'_>) {
        for value in self {
            out.raw("%+");
            value.write_segment(out);
            out.raw("%,");
        }
        out.raw("%-");
    }
}

impl<T: KeySegment> KeySegment for Vec<T> {
    fn write_segment(&self, out: &mut SegmentWriter<'_>) {
        self.as_slice().write_segment(out);
    }
}

impl<T: KeySegment, const N: usize> KeySegment for [T; N] {
    fn write_segment(&self, out: &mut SegmentWriter<'_>) {
        self.as_slice().write_segment(out);
    }
}

impl KeySegment for () {
    const MAY_BEGIN_WITH_MARK: bool = false;

    fn write_segment(&self, _: &mut SegmentWriter<'_>) {}
}

macro_rules! tuples {
    ($($first:ident $($rest:ident)*;)*) => {$(
        impl<$first: KeySegment, $($rest: KeySegment),*> KeySegment for ($first, $($rest,)*) {
            #[allow(non_snake_case, reason = "the type parameters name their values")]
            fn write_segment(&self, out: &mut SegmentWriter<'_>) {
                let ($first, $($rest,)*) = self;
                $first.write_segment(out);
                $(
                    out.raw("%,");
                    $rest.write_segment(out);
                )*
            }
        }
    )*};
}
tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
}
