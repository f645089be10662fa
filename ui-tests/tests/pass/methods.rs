//! Methods say what their receiver has to do with the key.

#![deny(warnings)]

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hydracache::{HydraCache, cached};

static RUNS: AtomicU64 = AtomicU64::new(0);

#[derive(Clone)]
struct Repo {
    tenant: u64,
    cache: HydraCache,
}

impl Repo {
    fn cache(&self) -> &HydraCache {
        &self.cache
    }

    #[cached(name = "skip", receiver = skip)]
    fn skip(&self, id: u64) -> u64 {
        self.tenant + id
    }

    #[cached(name = "expression", receiver = self.tenant)]
    async fn expression(&self, id: u64) -> u64 {
        self.tenant + id
    }

    #[cached(name = "template", key = "{self.tenant}:{id}", tags = ["tenant:{self.tenant}"])]
    pub async fn template(&self, id: u64) -> Result<u64, String> {
        Ok(self.tenant + id)
    }

    #[cached(name = "by_value", receiver = (self.tenant, "x"))]
    fn by_value(mut self, id: u64) -> u64 {
        self.tenant += id;
        self.tenant
    }

    #[cached(name = "arc", receiver = self.tenant)]
    async fn arc(self: Arc<Self>, id: u64) -> u64 {
        self.tenant + id
    }

    #[cached(name = "rc", receiver = self.tenant)]
    fn rc(self: &Rc<Self>, id: u64) -> u64 {
        self.tenant + id
    }

    #[cached(name = "own", receiver = self.tenant, cache = self.cache())]
    async fn own(&self, id: u64) -> u64 {
        RUNS.fetch_add(1, Ordering::SeqCst) + id
    }

    #[cached(name = "generic", receiver = skip, skip(make))]
    fn generic<T: Into<u64>, const N: u64>(&self, make: impl Fn() -> T, id: u64) -> u64 {
        make().into() + N + id
    }

    #[cached(name = "associated", handle = none)]
    fn associated(id: u64) -> u64 {
        id
    }
}

trait Provided {
    fn number(&self) -> u64;

    #[cached(name = "provided", receiver = self.number())]
    fn provided(&self, id: u64) -> u64 {
        self.number() + id
    }
}

impl Provided for Repo {
    fn number(&self) -> u64 {
        self.tenant
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let one = Repo { tenant: 1, cache: HydraCache::local().build() };
    let two = Repo { tenant: 2, cache: HydraCache::local().build() };
    assert_eq!((one.skip(1), two.skip(1)), (2, 2));
    assert_eq!((one.expression(1).await, two.expression(1).await, one.expression(1).await), (2, 3, 2));
    assert_eq!((one.template(1).await, two.template(1).await, one.template(1).await), (Ok(2), Ok(3), Ok(2)));
    assert_eq!((one.clone().by_value(1), two.clone().by_value(1)), (2, 3));
    assert_eq!((Arc::new(one.clone()).arc(1).await, Arc::new(two.clone()).arc(1).await), (2, 3));
    assert_eq!((Rc::new(one.clone()).rc(1), Rc::new(two.clone()).rc(1)), (2, 3));
    assert_eq!((one.own(1).await, one.own(1).await, two.own(1).await, one.own(1).await), (1, 1, 2, 1));
    assert_eq!((one.generic::<u8, 5>(|| 1, 1), one.generic::<u8, 5>(|| 9, 1)), (7, 7));
    assert_eq!((Repo::associated(1), Repo::associated(1)), (1, 1));
    assert_eq!((one.provided(1), two.provided(1)), (2, 3));
}
