//! Types of one's own in keys, by the derive.

use hydracache::{CacheKeyBuilder, KeySegment};

fn key(value: impl KeySegment) -> String {
    CacheKeyBuilder::new().segment(value).build_string()
}

#[derive(KeySegment)]
struct UserId(u64);

#[derive(KeySegment)]
struct Wrapped<T>(Option<T>);

#[derive(KeySegment)]
struct Pair {
    left: &'static str,
    right: &'static str,
}

#[derive(KeySegment)]
struct Nothing;

#[derive(KeySegment)]
struct Many(u8, u8, u8, u8, u8, u8, u8, u8);

#[derive(KeySegment)]
enum Scope {
    Public,
    Team { id: u64, region: &'static str },
    Named(String),
    r#Raw,
}

#[test]
fn a_struct_is_written_as_its_fields() {
    assert_eq!(key(UserId(42)), "42");
    assert_eq!(key(Wrapped(Some(7_u8))), key(Some(7_u8)));
    assert_eq!(key(Wrapped::<u8>(None)), key(None::<u8>));
    assert_eq!(key(Some(Wrapped(Some(7_u8)))), key(Some(Some(7_u8))));
    assert_eq!(key(Pair { left: "a", right: "b" }), key(("a", "b")));
    assert_eq!(key(Many(1, 2, 3, 4, 5, 6, 7, 8)), key(((1, 2, 3, 4), (5, 6, 7, 8))));
    assert_eq!(key(Nothing), key(()));
}

#[test]
fn fields_do_not_run_into_each_other() {
    assert_ne!(key(Pair { left: "a%,", right: "b" }), key(Pair { left: "a", right: "%,b" }));
    assert_ne!(key(Pair { left: "a:b", right: "" }), key(Pair { left: "a", right: "b" }));
}

#[test]
fn an_enum_is_written_as_its_variant_and_its_fields() {
    assert_eq!(key(Scope::Public), "Public");
    assert_eq!(key(Scope::Raw), "Raw");
    assert_eq!(key(Scope::Team { id: 7, region: "eu" }), key(("Team", 7, "eu")));
    assert_ne!(key(Scope::Named("Public".to_owned())), key(Scope::Public));
}
