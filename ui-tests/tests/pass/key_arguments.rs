//! What can stand in a key.

#![deny(warnings)]

use std::borrow::Cow;
use std::num::{NonZeroU8, NonZeroU64};
use std::rc::Rc;
use std::sync::Arc;

use hydracache::{KeySegment, SegmentWriter, cached};

#[derive(Clone, Copy)]
struct Id(NonZeroU64);

impl KeySegment for Id {
    fn write_segment(&self, out: &mut SegmentWriter<'_>) {
        self.0.write_segment(out);
    }
}

#[cached]
fn numbers(a: u128, b: i8, c: usize, d: NonZeroU8, e: Id) -> u128 {
    a + u128::from(b.unsigned_abs()) + c as u128 + u128::from(d.get()) + u128::from(e.0.get())
}

#[cached]
fn texts(a: char, b: &str, c: String, d: Cow<'_, str>, e: &&str, f: bool) -> String {
    format!("{a}{b}{c}{d}{e}{f}")
}

#[cached]
fn collected(
    a: Option<u64>,
    b: (u8, Option<&str>),
    c: &[u64],
    d: Vec<Option<String>>,
    e: [u8; 2],
    f: (),
) -> String {
    format!("{a:?}{b:?}{c:?}{d:?}{e:?}{f:?}")
}

#[cached]
fn pointed(a: Rc<str>, b: Arc<u64>, c: Box<u64>, d: &mut u64) -> u64 {
    *d += 1;
    a.len() as u64 + *b + *c + *d
}

#[cached(key = ("user:{id.0}", price * 100, name.trim().to_lowercase()))]
fn expressions(id: Id, price: u64, name: &str) -> String {
    format!("{} {price} {name}", id.0)
}

#[cached(key = price.to_bits())]
fn float(price: f64) -> f64 {
    price
}

fn main() {
    let id = Id(NonZeroU64::MIN);
    let call = || numbers(u128::MAX / 2, -1, 1, NonZeroU8::MIN, id);
    assert_eq!((call(), numbers::stats().loads), (call(), 1));
    let call = |e| texts('x', "y", "z".into(), "w".into(), &e, true);
    assert_eq!(
        (call("e"), call("e"), call("f")),
        ("xyzwetrue".into(), "xyzwetrue".into(), "xyzwftrue".into())
    );
    let call = |none| collected(None, (1, none), &[1, 2], vec![None, Some("a".into())], [1, 2], ());
    assert_eq!((call(None), call(None)), (call(None), call(None)));
    assert_ne!(call(Some("")), call(None));
    assert_eq!(collected::stats().loads, 2);
    assert_eq!((pointed("a".into(), Arc::new(1), Box::new(1), &mut 0), pointed::stats().loads), (4, 1));
    assert_eq!(expressions(id, 1, " A "), expressions(id, 1, "a"));
    assert_eq!(
        expressions::key(id, 1, "A ").as_str().split_once(':').map(|(_, key)| key),
        Some("user:1:100:a")
    );
    assert!((float(0.5) - float(0.5)).abs() < f64::EPSILON);
}
