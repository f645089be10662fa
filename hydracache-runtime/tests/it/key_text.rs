//! The text of keys: values that differ are written differently.

use std::fmt::Debug;

use hydracache_runtime::{CacheKeyBuilder, HydraCache, KeySegment, SegmentWriter, Tag};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::plain;

fn text(segment: impl KeySegment) -> String {
    CacheKeyBuilder::new().segment(segment).build_string()
}

/// Short texts of the characters that have a meaning in keys, so that collisions are near if there are any.
fn tricky() -> impl Strategy<Value = String> {
    vec(prop::sample::select(vec!['a', '%', ':', ',', '+', '-', '0', '2', '5', '3', 'A', 'é']), 0..4)
        .prop_map(String::from_iter)
}

/// A value for a segment, of one of many types.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::option_option, reason = "it is what the test is about")]
enum Value {
    Signed(i64),
    Unsigned(u8),
    Flag(bool),
    Char(char),
    Text(String),
    Unit,
    MaybeText(Option<String>),
    MaybeMaybe(Option<Option<u8>>),
    MaybeUnit(Option<()>),
    Pair(String, String),
    Left(((String, String), String)),
    Right((String, (String, String))),
    Mixed((Option<String>, Vec<String>)),
    Texts(Vec<String>),
    Lists(Vec<Vec<String>>),
    Maybes(Vec<Option<String>>),
    Array([String; 2]),
    MaybeList(Option<Vec<String>>),
    MaybePair(Option<(Option<u8>, String)>),
    Pairs(Vec<(String, Option<String>)>),
}

impl KeySegment for Value {
    fn write_segment(&self, out: &mut SegmentWriter<'_>) {
        match self {
            Self::Signed(v) => v.write_segment(out),
            Self::Unsigned(v) => v.write_segment(out),
            Self::Flag(v) => v.write_segment(out),
            Self::Char(v) => v.write_segment(out),
            Self::Text(v) => v.write_segment(out),
            Self::Unit => ().write_segment(out),
            Self::MaybeText(v) => v.write_segment(out),
            Self::MaybeMaybe(v) => v.write_segment(out),
            Self::MaybeUnit(v) => v.write_segment(out),
            Self::Pair(a, b) => (a, b).write_segment(out),
            Self::Left(v) => v.write_segment(out),
            Self::Right(v) => v.write_segment(out),
            Self::Mixed(v) => v.write_segment(out),
            Self::Texts(v) => v.write_segment(out),
            Self::Lists(v) => v.write_segment(out),
            Self::Maybes(v) => v.write_segment(out),
            Self::Array(v) => v.write_segment(out),
            Self::MaybeList(v) => v.write_segment(out),
            Self::MaybePair(v) => v.write_segment(out),
            Self::Pairs(v) => v.write_segment(out),
        }
    }
}

/// Two values of one type, often close to each other.
fn two_of_one_type() -> impl Strategy<Value = (Value, Value)> {
    fn two<S>(of: impl Fn() -> S, wrap: fn(S::Value) -> Value) -> BoxedStrategy<(Value, Value)>
    where
        S: Strategy + 'static,
        S::Value: 'static,
    {
        (of(), of()).prop_map(move |(one, other)| (wrap(one), wrap(other))).boxed()
    }
    let maybe = || prop::option::of(tricky());
    prop_oneof![
        two(|| -3_i64..3, Value::Signed),
        two(|| 0_u8..3, Value::Unsigned),
        two(any::<bool>, Value::Flag),
        two(|| prop::sample::select(vec!['%', ':', ',', '-', '2']), Value::Char),
        two(tricky, Value::Text),
        two(|| Just(()), |()| Value::Unit),
        two(maybe, Value::MaybeText),
        two(|| prop::option::of(prop::option::of(0_u8..2)), Value::MaybeMaybe),
        two(|| prop::option::of(Just(())), Value::MaybeUnit),
        two(|| (tricky(), tricky()), |(a, b)| Value::Pair(a, b)),
        two(|| ((tricky(), tricky()), tricky()), Value::Left),
        two(|| (tricky(), (tricky(), tricky())), Value::Right),
        two(move || (maybe(), vec(tricky(), 0..3)), Value::Mixed),
        two(|| vec(tricky(), 0..3), Value::Texts),
        two(|| vec(vec(tricky(), 0..3), 0..3), Value::Lists),
        two(move || vec(maybe(), 0..3), Value::Maybes),
        two(|| [tricky(), tricky()], Value::Array),
        two(|| prop::option::of(vec(tricky(), 0..3)), Value::MaybeList),
        two(|| prop::option::of((prop::option::of(0_u8..2), tricky())), Value::MaybePair),
        two(move || vec((tricky(), maybe()), 0..3), Value::Pairs),
    ]
}

fn joined<S: KeySegment>(segments: impl IntoIterator<Item = S>) -> String {
    segments.into_iter().fold(CacheKeyBuilder::new(), CacheKeyBuilder::segment).build_string()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn different_values_of_one_type_have_different_texts((one, other) in two_of_one_type()) {
        prop_assert_eq!(one == other, text(&one) == text(&other), "{} and {}", text(&one), text(&other));
    }

    #[test]
    fn different_lists_of_segments_have_different_texts(pairs in vec(two_of_one_type(), 1..5)) {
        let (one, other): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        prop_assert_eq!(one == other, joined(&one) == joined(&other));
    }

    #[test]
    fn lists_of_texts_of_different_lengths_have_different_texts(
        one in vec(tricky(), 1..5),
        other in vec(tricky(), 1..5),
    ) {
        prop_assert_eq!(one == other, joined(&one) == joined(&other));
    }

    #[test]
    fn a_list_that_goes_on_has_another_text(list in vec(two_of_one_type(), 1..4), more in two_of_one_type()) {
        let mut values: Vec<_> = list.into_iter().map(|(value, _)| value).collect();
        let shorter = joined(&values);
        values.push(more.0);
        prop_assert_ne!(shorter, joined(&values));
    }

    #[test]
    fn entity_tags_of_different_entities_differ(one in (tricky(), tricky()), other in (tricky(), tricky())) {
        let tag = |(name, id): &(String, String)| Tag::entity(name, id);
        prop_assert_eq!(one == other, tag(&one) == tag(&other));
    }
}

/// A type of the user's that writes itself as what is inside, as the documentation of the trait shows it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Page(Option<u8>);

impl KeySegment for Page {
    fn write_segment(&self, out: &mut SegmentWriter<'_>) {
        self.0.write_segment(out);
    }
}

#[test]
fn an_absent_wrapper_and_a_wrapped_absence_differ() {
    assert_ne!(text(None::<Page>), text(Some(Page(None))));
    assert_ne!(text(Some(Page(None))), text(Some(Page(Some(0)))));
}

#[test]
fn wrapping_in_a_pointer_changes_nothing() {
    fn same<T: KeySegment + Debug + Clone>(value: &T) {
        let expected = text(value);
        assert_eq!(text(Box::new(value.clone())), expected);
        assert_eq!(text(std::sync::Arc::new(value.clone())), expected);
        assert_eq!(text(std::rc::Rc::new(value.clone())), expected);
        assert_eq!(text(value), expected);
    }
    same(&"a:b".to_owned());
    same(&Some(None::<u8>));
    same(&vec![(1_u8, 'x')]);
    assert_ne!(text(Some(Box::new(None::<u8>))), text(None::<Box<Option<u8>>>));
}

#[test]
fn simple_segments_read_as_they_are_written() {
    let key =
        CacheKeyBuilder::new().entity("user", 42).segment("a b").segment(-7_i8).segment(true).segment('x');
    assert_eq!(key.build().as_str(), "user:42:a b:-7:true:x");
    assert_eq!(text("a:b%"), "a%3Ab%25");
    assert_eq!(text(u128::MAX), u128::MAX.to_string());
    assert_eq!(text(std::num::NonZeroU64::MIN), "1");
    assert_eq!(text(Some(5_u8)), "5", "what may be absent reads plainly when it is there");
}

#[tokio::test]
async fn input_of_a_user_cannot_reach_into_the_neighbouring_segment() {
    let cache = HydraCache::local().build();
    let key = |tenant: &str, user: &str| CacheKeyBuilder::new().tenant(tenant).entity("user", user).build();
    cache.put(key("1", "2"), "secret".to_owned(), plain()).await.unwrap();
    for (tenant, user) in [("1:user:2", ""), ("1", "2:"), ("", "1:user:2"), ("1%3Auser", "2")] {
        assert_eq!(cache.get::<String>(key(tenant, user)).await.unwrap(), None);
    }
}
