//! The expansion of an impl block causes no lint, however strict the crate is.

#![forbid(non_snake_case, non_camel_case_types, unsafe_code, missing_docs, unreachable_pub, unused_imports, unused_mut, missing_debug_implementations)]
#![deny(warnings, unused, nonstandard_style, dead_code, clippy::pedantic)]

/// What is public is documented.
pub mod orders {
    use std::sync::Arc;

    use hydracache::cached_impl;

    /// Orders.
    #[derive(Debug, Clone)]
    pub struct Orders {
        /// Whose they are.
        pub tenant: u32,
    }

    #[cached_impl(name = "orders", ttl = "5m")]
    impl Orders {
        /// Finds one.
        ///
        /// # Errors
        ///
        /// None.
        #[cached(key = (tenant, id), refresh_ahead = "1m", tags = ["orders"])]
        pub async fn find(&self, tenant: u32, id: u64, _trace: &str) -> Result<Option<u64>, std::io::Error> {
            Ok(Some(u64::from(tenant) + id))
        }

        /// Counts them.
        #[cached(receiver = self.tenant)]
        #[must_use]
        pub fn count(&self) -> u64 {
            u64::from(self.tenant)
        }

        /// Shares them.
        #[cached(receiver = skip)]
        pub async fn shared(self: Arc<Self>, id: u64) -> u64 {
            id
        }

        #[cached]
        pub(crate) fn of_the_crate(id: u64) -> u64 {
            id
        }

        #[cached]
        fn private(id: u64) -> u64 {
            id
        }

        /// Reads what is private.
        #[must_use]
        pub fn sum(id: u64) -> u64 {
            Self::private(id) + Self::of_the_crate(id)
        }

        /// Changes one.
        ///
        /// # Errors
        ///
        /// None.
        #[hydracache::invalidates(Self::find(tenant, id), all(Self::count))]
        pub async fn update(&self, tenant: u32, id: u64) -> Result<(), std::io::Error> {
            Ok(())
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let orders = orders::Orders { tenant: 1 };
    assert_eq!(orders.find(1, 2, "").await.unwrap(), Some(3));
    orders.update(1, 2).await.unwrap();
    assert_eq!(orders::Orders::find_cache().peek(1, 2), None);
    assert_eq!((orders.count(), orders::Orders::sum(2)), (1, 4));
    assert_eq!(std::sync::Arc::new(orders).shared(4).await, 4);
}
