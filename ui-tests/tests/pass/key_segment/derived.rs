//! Structs and enums of every form, generic ones among them, stand in keys.

#![deny(warnings, missing_docs, unused, clippy::pedantic)]
#![forbid(unsafe_code)]

use hydracache::{KeySegment, cached, invalidates};

#[derive(Clone, Copy, KeySegment)]
struct UserId(u64);

#[derive(KeySegment)]
struct Unit;

#[derive(KeySegment)]
struct Named<'a> {
    r#type: &'a str,
    ids: Vec<Option<UserId>>,
    last: (),
}

#[derive(KeySegment)]
struct Page<T, const N: usize>
where
    T: Clone,
{
    of: [T; N],
    unit: Unit,
}

#[derive(KeySegment)]
enum Scope {
    Public,
    Team(UserId),
    Region { name: String, r#in: Option<Box<Scope>> },
}

#[derive(KeySegment)]
enum Never {}

#[derive(KeySegment)]
struct Unsized<T: ?Sized>(T);

#[cached]
fn find(id: UserId, named: Named<'_>, page: &Page<u64, 2>, scope: &Scope) -> u64 {
    let region = matches!(scope, Scope::Region { name, r#in } if name.is_empty() && r#in.is_some());
    id.0 + named.ids.len() as u64 + page.of[0] + u64::from(region || named.r#type.is_empty())
}

#[cached(key = "scope:{scope}")]
fn one(scope: &Scope, never: Option<Never>) -> bool {
    never.is_none() && matches!(scope, Scope::Public | Scope::Team(_))
}

#[cached]
fn wide(text: &Unsized<str>) -> usize {
    text.0.len()
}

#[invalidates(tags = ["user:{id}"])]
fn save(id: UserId) -> u64 {
    id.0
}

fn main() {
    let named = || Named { r#type: "a", ids: vec![None, Some(UserId(1))], last: () };
    let page = Page { of: [1, 2], unit: Unit };
    let () = named().last;
    let Unit = page.unit;
    let scope = Scope::Region { name: "eu".to_owned(), r#in: Some(Box::new(Scope::Public)) };
    assert_eq!(find(UserId(1), named(), &page, &scope), find(UserId(1), named(), &page, &scope));
    assert_eq!((find(UserId(1), named(), &page, &Scope::Public), find::stats().loads), (4, 2));
    assert!(one(&Scope::Team(UserId(1)), None));
    assert_ne!(one::key(&Scope::Team(UserId(1))).as_str(), one::key(&Scope::Team(UserId(2))).as_str());
    assert_eq!(save(UserId(3)), 3);
    let _: fn(&Unsized<str>) -> usize = wide;
}
