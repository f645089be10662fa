//! The framework under another path, said once for the block, in `cached_defaults!` and in the derive of entities.

#![deny(warnings)]

mod vendored {
    pub(crate) use hydracache as cache_framework;
}

use vendored::cache_framework::{CacheEntity, HydraCacheEntity, cached_impl};

vendored::cache_framework::cached_defaults! { ttl = "1h", crate = crate::vendored::cache_framework }

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user", tags = ["all:users"], crate = crate::vendored::cache_framework)]
struct User {
    #[hydracache(id)]
    id: u64,
}

struct Shop;

#[cached_impl(name = "shop", crate = crate::vendored::cache_framework)]
impl Shop {
    #[cached(receiver = skip)]
    async fn find(&self, id: u64) -> Result<u64, String> {
        Ok(id)
    }

    #[cached]
    fn count(of: u64) -> u64 {
        of
    }

    #[cached(bulk = ids, handle = many)]
    fn all(ids: &[u64]) -> std::collections::HashMap<u64, u64> {
        ids.iter().map(|id| (*id, *id)).collect()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(Shop.find(1).await, Ok(1));
    assert_eq!(Shop::find_cache().site().ttl(), Some("1h"));
    assert_eq!((Shop::count(2), Shop::all(&[3])[&3]), (2, 3));
    assert_eq!(Shop::many().peek(&3), Some(3));
    assert_eq!(User::entity_tag(&User { id: 3 }.id), "user:3");
}
