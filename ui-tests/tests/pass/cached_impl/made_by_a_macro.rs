//! A declarative macro may write the whole block.

#![deny(warnings)]

use hydracache::cached_impl;

macro_rules! repository {
    ($name:ident, $prefix:literal, $id:ty => $row:ty, |$key:ident| $made:expr) => {
        #[derive(Clone)]
        pub struct $name {
            tenant: u32,
        }

        #[cached_impl(name = $prefix, ttl = "5m")]
        impl $name {
            #[cached(key = "{self.tenant}:{id}", tags = [$prefix, "id:{id}"])]
            pub async fn find(&self, id: $id) -> Result<$row, std::io::Error> {
                let local = self.tenant;
                let _ = local;
                let $key = id;
                Ok($made)
            }

            #[cached(receiver = self.tenant, refresh_ahead = "20%")]
            pub fn count(&self) -> u32 {
                self.tenant
            }

            #[hydracache::invalidates(Self::find(self, id), all(Self::count))]
            pub async fn remove(&self, id: $id) -> Result<(), std::io::Error> {
                Ok(())
            }
        }
    };
}

repository!(Users, "users", u64 => String, |id| format!("user {id}"));
repository!(Orders, "orders", (u8, u8) => u16, |id| u16::from(id.0) + u16::from(id.1));

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (users, orders) = (Users { tenant: 1 }, Orders { tenant: 2 });
    assert_eq!(users.find(7).await.unwrap(), "user 7");
    assert_eq!(orders.find((1, 2)).await.unwrap(), 3);
    assert_eq!(Users::find_cache().key(&users, 7).as_str(), "users.find@0:1:7");
    assert_eq!((users.count(), orders.count()), (1, 2));
    orders.remove((1, 2)).await.unwrap();
    assert_eq!(Orders::find_cache().peek(&orders, (1, 2)), None);
    assert_eq!(Orders::count_cache().peek(&orders), None);
    assert_eq!(Users::count_cache().peek(&users), Some(1));
}
