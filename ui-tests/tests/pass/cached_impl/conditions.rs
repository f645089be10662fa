//! Methods and blocks that are compiled on conditions, and what other attributes stand beside.

#![deny(warnings)]

use hydracache::cached_impl;

struct Shop;

#[cached_impl(name = "shop")]
impl Shop {
    #[cfg(not(any()))]
    #[cached]
    fn here(id: u64) -> u64 {
        id
    }

    #[cfg(any())]
    #[cached]
    fn gone(id: NoSuchType) -> u64 {
        id
    }

    #[cfg(any())]
    #[cached]
    async fn twice(id: u64) -> u64 {
        id
    }

    #[cfg(not(any()))]
    #[cached]
    async fn twice(id: u64) -> u64 {
        id * 2
    }

    #[cfg_attr(not(any()), must_use)]
    #[allow(clippy::needless_pass_by_value, reason = "it shows that other attributes may stand here")]
    #[cached]
    #[inline]
    fn inlined(text: String) -> usize {
        text.len()
    }
}

#[cfg(any())]
#[cached_impl(name = "nowhere")]
impl Nowhere {
    #[cached]
    fn find(id: u64) -> u64 {
        id
    }
}

#[cached_impl(name = "conditional")]
#[cfg(any())]
impl NowhereEither {
    #[cached]
    fn find(id: u64) -> u64 {
        id
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((Shop::here(1), Shop::here_cache().peek(1)), (1, Some(1)));
    assert_eq!((Shop::twice(1).await, Shop::twice_cache().peek(1)), (2, Some(2)));
    assert_eq!(Shop::inlined("abc".to_owned()), 3);
}
