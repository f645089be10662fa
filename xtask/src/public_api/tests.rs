//! What the textual check sees and what it must leave alone.

use super::leaks_in;

/// The line numbers of the leaks in a source text.
fn lines(text: &str) -> Vec<usize> {
    leaks_in(text).iter().map(|leak| leak.split(':').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn each_public_item_that_names_a_hidden_crate_is_a_leak() {
    for item in [
        "pub fn key(&self) -> smol_str::SmolStr {",
        "pub async fn key(&self, name: &smol_str::SmolStr) {",
        "pub const fn size() -> Option<arrayvec::ArrayVec<u8, 4>> {",
        "pub struct Keys(pub smallvec::SmallVec<[u8; 4]>);",
        "pub struct Keys<T: quick_cache::Weighter> {",
        "pub type Map = hashbrown::HashMap<u8, u8>;",
        "pub trait Wait: event_listener::Notification {",
        "pub use mini_moka::sync::Cache;",
        "pub const EMPTY: smol_str::SmolStr = make();",
        "pub static EMPTY: smol_str::SmolStr = make();",
        "pub const fn key() -> smol_str::SmolStr {",
        "    pub key: smol_str::SmolStr,",
    ] {
        assert_eq!(lines(item), [1], "{item}");
    }
}

#[test]
fn an_imported_type_is_recognised_under_its_local_name() {
    assert_eq!(lines("use smol_str::SmolStr;\npub fn key() -> SmolStr {}\n"), [2]);
    assert_eq!(lines("use quick_cache::sync::Cache as Quick;\npub fn raw() -> Quick {}\n"), [2]);
    assert_eq!(lines("use quick_cache::sync::Cache as Quick;\npub fn new() -> Cache {}\n"), [0; 0]);
    let in_braces = "use hashbrown::{\n    HashTable,\n    hash_table::Entry,\n};\npub type Slot = Entry;\n";
    assert_eq!(lines(in_braces), [5]);
}

#[test]
fn a_signature_over_several_lines_is_read_to_its_end() {
    let text =
        "pub fn load<T>(\n    key: T,\n) -> Keys\nwhere\n    T: Into<smol_str::SmolStr>,\n{\n    body()\n}\n";
    assert_eq!(lines(text), [1]);
}

#[test]
fn variants_and_trait_items_are_as_public_as_their_owner() {
    let variants =
        "pub enum Key {\n    Short(smol_str::SmolStr),\n    Long,\n}\nfn f(k: smol_str::SmolStr) {}\n";
    assert_eq!(lines(variants), [2]);
    let items = "pub trait Keyed {\n    fn key(&self) -> smol_str::SmolStr;\n    type Out;\n}\n";
    assert_eq!(lines(items), [2]);
    let default_body = "pub trait Keyed {\n    fn f(&self) {\n        let g: fn() = smol_str::f;\n    }\n}\n";
    assert_eq!(lines(default_body), [0; 0]);
}

#[test]
fn what_is_not_public_is_no_leak() {
    for item in [
        "pub(crate) fn key() -> smol_str::SmolStr {",
        "fn key() -> smol_str::SmolStr {",
        "pub struct Key(smol_str::SmolStr);",
        "pub struct Key(pub u8, smol_str::SmolStr, pub(crate) smallvec::SmallVec<[u8; 4]>);",
        "pub struct Key {\n    text: smol_str::SmolStr,\n}",
        "pub fn key() -> Key {\n    smol_str::SmolStr::new()\n}",
        "// pub fn key() -> smol_str::SmolStr {",
        "pub fn key() -> Key { // smol_str inside",
        "pub fn my_smol_str_count() -> usize {",
        "pub const EMPTY: Key = Key(smol_str::SmolStr::new_static(\"\"));",
    ] {
        assert_eq!(lines(item), [0; 0], "{item}");
    }
}

#[test]
fn test_modules_are_skipped_and_what_follows_them_is_not() {
    let text = "#[cfg(test)]\n#[allow(dead_code)]\nmod tests {\n    pub fn key() -> smol_str::SmolStr {}\n}\n\
                pub fn key() -> smol_str::SmolStr {}\n";
    assert_eq!(lines(text), [6]);
    assert_eq!(lines("#[cfg(test)]\nmod tests;\npub fn key() -> smol_str::SmolStr {}\n"), [3]);
}
