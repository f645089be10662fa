//! Generics, lifetimes, patterns, opaque types, `unsafe`, constants and what a function returns.

#![deny(warnings)]

use std::borrow::Cow;
use std::fmt::Display;

use hydracache::{KeySegment, cached, invalidates};

#[cached]
fn get(id: u64) -> u64 {
    id
}

#[invalidates(get(id))]
fn generic<T, const N: usize>(id: u64, value: T) -> Result<[T; N], T>
where
    T: Clone + Display,
{
    if N == 0 { Err(value) } else { Ok(std::array::from_fn(|_| value.clone())) }
}

#[invalidates(get(text.len() as u64))]
fn borrows<'a>(text: &'a str) -> Cow<'a, str> {
    Cow::Borrowed(text)
}

#[invalidates(get(text.len() as u64))]
async fn borrows_a_part(text: &str) -> Result<&str, std::num::ParseIntError> {
    let _: u64 = text.parse()?;
    Ok(&text[1..])
}

#[invalidates(get(id))]
fn opaque(id: u64) -> impl Iterator<Item = u64> {
    std::iter::once(id)
}

#[invalidates(get(id))]
fn opaque_in_a_result(id: u64) -> Result<impl Display, String> {
    Ok::<_, String>(id)
}

#[invalidates(get(a), get(d))]
fn patterns((a, _): (u64, u64), [.., d]: [u64; 2], mut sum: u64) -> u64 {
    sum += a + d;
    sum
}

#[invalidates(get(id))]
unsafe fn unchecked(id: u64) -> u64 {
    id
}

#[invalidates(get(1), tags = ["all:{id}"])]
async fn takes(id: impl KeySegment + Copy, change: impl AsyncFnOnce(u64)) {
    let _ = id;
    change(1).await;
}

#[invalidates(get(*counter))]
fn exclusively(counter: &mut u64) -> &mut u64 {
    *counter += 1;
    counter
}

#[invalidates(get(1))]
async fn nothing(text: String) {
    drop(text);
}

#[invalidates(get(text.len() as u64))]
fn consumes(text: String) -> Option<String> {
    let first = text.chars().next()?;
    Some(format!("{first}{text}"))
}

#[invalidates(get(1))]
fn diverges(id: u64) -> u64 {
    if id > 0 {
        return id;
    }
    panic!("there is no zero")
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((get(1), generic::<_, 2>(1, 5)), (1, Ok([5, 5])));
    assert_eq!((get::peek(1), generic::<_, 0>(1, 5)), (None, Err(5)));
    assert_eq!((borrows("a"), borrows_a_part("12").await, borrows_a_part("x").await.is_err()), ("a".into(), Ok("2"), true));
    assert_eq!((opaque(1).sum::<u64>(), opaque_in_a_result(1).map(|it| it.to_string())), (1, Ok("1".into())));
    assert_eq!(patterns((1, 2), [3, 4], 5), 10);
    // SAFETY: it asks for nothing.
    assert_eq!(unsafe { unchecked(5) }, 5);
    takes("a", async |_| ()).await;
    assert_eq!(*exclusively(&mut 1), 2);
    nothing("a".to_owned()).await;
    assert_eq!(consumes("ab".to_owned()).as_deref(), Some("aab"));
    assert_eq!(diverges(1), 1);
}
