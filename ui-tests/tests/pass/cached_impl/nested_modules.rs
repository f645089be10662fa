//! Types and traits of other modules, blocks inside functions, and methods of one name in several traits.

#![deny(warnings)]

mod shop {
    pub(crate) mod types {
        #[derive(Clone)]
        pub(crate) struct Shop(pub(in crate::shop) u32);
    }

    pub(crate) trait Prices {
        fn find(&self, id: u64) -> u64;
    }

    pub(crate) trait Stock {
        fn find(&self, id: u64) -> u32;
    }

    mod prices {
        #[hydracache::cached_impl(name = "prices")]
        impl super::Prices for super::types::Shop {
            #[cached(receiver = self.0, handle = prices)]
            fn find(&self, id: u64) -> u64 {
                id + u64::from(self.0)
            }
        }
    }

    mod stock {
        use hydracache::cached_impl;

        use super::types::Shop;

        #[cached_impl]
        impl super::Stock for Shop {
            #[cached(receiver = self.0, handle = stock)]
            fn find(&self, id: u64) -> u32 {
                self.0 + u32::try_from(id).unwrap_or(0)
            }
        }

        #[cached_impl]
        impl Shop {
            #[cached]
            pub(in crate::shop) fn opened(number: u32) -> u32 {
                number
            }
        }
    }

    pub(crate) fn open(number: u32) -> types::Shop {
        types::Shop(types::Shop::opened(number))
    }
}

use shop::types::Shop;
use shop::{Prices, Stock};

fn main() {
    let shop = shop::open(7);
    assert_eq!((Prices::find(&shop, 1), Stock::find(&shop, 2)), (8, 9));
    assert_eq!((Shop::prices().peek(&shop, 1), Shop::stock().peek(&shop, 2)), (Some(8), Some(9)));
    assert!(Shop::stock().name().contains("shop::stock"), "{}", Shop::stock().name());

    struct Local;

    #[hydracache::cached_impl(name = "local")]
    impl Local {
        #[cached]
        fn find(id: u64) -> u64 {
            id
        }
    }
    assert_eq!((Local::find(1), Local::find_cache().peek(1)), (1, Some(1)));
}
