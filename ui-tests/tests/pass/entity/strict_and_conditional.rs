//! Entities with conditions, lifetimes, constants and raw names, inside modules and functions.

#![deny(warnings)]

use hydracache::{CacheEntity, HydraCacheEntity, KeySegment};

#[derive(HydraCacheEntity)]
#[hydracache(entity = "shared", collection = "all", tags = ["kind:{r#type}", "kind:{type}", "first:{names.len()}"])]
pub struct Shared<'a, T, const N: usize>
where
    T: KeySegment + ?Sized,
{
    #[hydracache(id)]
    id: &'a T,
    #[hydracache(tenant)]
    r#type: Option<u8>,
    #[cfg_attr(any(), hydracache(id))]
    names: [&'static str; N],
}

mod inner {
    #[cfg(not(any()))]
    #[derive(hydracache::HydraCacheEntity)]
    #[hydracache(entity = "unit", id = (u32, String))]
    pub(crate) struct Unit;

    #[derive(hydracache::HydraCacheEntity)]
    #[hydracache(entity = "never", id = Option<u64>)]
    pub(crate) enum Never {}
}

fn main() {
    let shared = Shared { id: "a", r#type: Some(1), names: ["x", "y"] };
    assert_eq!(shared.cache_id(), Some(&"a"));
    let tags = format!("{:?}", shared.cache_tags());
    for tag in ["shared:a", "tenant:1", "kind:1", "first:2"] {
        assert!(tags.contains(tag), "{tag} in {tags}");
    }
    assert_eq!(inner::Unit::entity_tag(&(1, "b".to_owned())), inner::Unit::entity_key(&(1, "b".to_owned())).as_str());
    assert_eq!(<inner::Never as CacheEntity>::ENTITY, "never");

    #[derive(HydraCacheEntity)]
    #[hydracache(entity = "local")]
    struct Local(#[hydracache(id, tenant)] u8);
    assert_eq!(Local(3).cache_id(), Some(&3));
}
