//! Methods of a type's own impl block: with receivers of all kinds, without one, async and blocking.

use std::sync::Arc;

use hydracache::{CacheResult, cached_impl};

#[derive(Clone)]
pub struct Orders {
    tenant: u32,
}

type Found = Result<Option<String>, std::io::Error>;

#[cached_impl(name = "orders", ttl = "5m")]
impl Orders {
    const LIMIT: u64 = 10;

    pub fn new(tenant: u32) -> Self {
        Self { tenant }
    }

    #[cached(key = (tenant, id), refresh_ahead = "1m")]
    pub async fn find(&self, tenant: u32, id: u64, trace: &str) -> Found {
        Ok((id < Self::LIMIT).then(|| format!("{}/{tenant}/{id} {trace}", self.tenant)))
    }

    #[hydracache::cached(receiver = self.tenant)]
    pub(crate) fn blocking(&self, id: u64) -> u64 {
        id + u64::from(self.tenant)
    }

    #[cached(key = "{self.tenant}:{id}", tags = ["tenant:{self.tenant}"])]
    async fn shared(self: Arc<Self>, id: u64) -> String {
        format!("{}/{id}", self.tenant)
    }

    #[cached(name = "orders.count", handle = counts)]
    async fn count(min: u64) -> u64 {
        Self::LIMIT - min
    }

    #[cached(receiver = skip, handle = none)]
    fn without_handle(&self, id: u64) -> u64 {
        id
    }

    #[cached(receiver = skip)]
    async fn generic<T: Into<u64> + Copy + hydracache::KeySegment>(&self, id: T) -> u64 {
        id.into()
    }

    #[cached(receiver = skip)]
    fn another(&self, (a, b): (u8, u8)) -> u8
    where
        Self: Sized,
    {
        a + b
    }

    #[hydracache::invalidates(Self::find(order.0, order.1), all(Self::blocking))]
    pub async fn update(&self, order: &(u32, u64)) -> Result<(), std::io::Error> {
        let _ = order;
        Ok(())
    }

    #[hydracache::cache_put(Self::find(self.tenant, id) = result)]
    async fn write(&self, id: u64) -> Found {
        Ok(Some(format!("written {id}")))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> CacheResult<()> {
    let orders = Orders::new(7);
    let find = Orders::find_cache();
    assert_eq!(find.name(), "orders.find");
    assert_eq!(find.site().ttl(), Some("5m"));
    assert_eq!(find.key(1, 2).as_str(), "orders.find@0:1:2");
    let value = orders.find(1, 2, "a").await.unwrap();
    assert_eq!(find.peek(1, 2), Some(value.clone()));
    assert_eq!(find.fetch(&orders, 1, 2, "b").await.unwrap().value, value);
    assert_eq!(find.uncached(&orders, 1, 2, "b").await.unwrap().unwrap(), "7/1/2 b");
    assert_eq!(find.refresh(&orders, 1, 2, "c").await.unwrap().unwrap(), "7/1/2 c");
    find.put(1, 3, None).await?;
    assert_eq!(orders.find(1, 3, "d").await.unwrap(), None);
    assert!(find.expire(1, 3).await?);
    assert!(find.invalidate(1, 2).await?);
    orders.find(1, 2, "").await.unwrap();
    orders.update(&(1, 2)).await.unwrap();
    assert_eq!(find.peek(1, 2), None);
    orders.write(4).await.unwrap();
    assert_eq!(find.peek(7, 4), Some(Some("written 4".to_owned())));
    find.clear().await?;
    assert_eq!(find.peek(7, 4), None);
    assert_eq!(find.stats().loads, 3);

    assert_eq!(orders.blocking(1), 8);
    assert_eq!(Orders::blocking_cache().key(&orders, 1).as_str(), "orders.blocking@0:7:1");
    assert_eq!(Orders::blocking_cache().peek(&orders, 1), Some(8));
    assert_eq!(Orders::blocking_cache().fetch(&orders, 1).value, 8);

    let shared = Arc::new(orders.clone());
    assert_eq!(Arc::clone(&shared).shared(1).await, "7/1");
    assert_eq!(Orders::shared_cache().peek(shared, 1), Some("7/1".to_owned()));

    assert_eq!(Orders::count(3).await, 7);
    assert_eq!(Orders::counts().name(), "orders.count");
    assert_eq!(Orders::counts().peek(3), Some(7));
    assert_eq!(Orders::counts().fetch(3).await.value, 7);

    assert_eq!(orders.without_handle(1), 1);
    assert_eq!(orders.generic(3_u32).await, 3);
    assert_eq!(Orders::generic_cache().peek(3_u32), Some(3));
    assert_eq!(orders.another((1, 2)), 3);
    assert_eq!(Orders::another_cache().peek((1, 2)), Some(3));
    Ok(())
}
