//! Functions and methods that can be called by their name.

use std::sync::Arc;

use async_trait::async_trait;
use hydracache::{HydraCache, KeySegment, Runtime, cached, cached_impl};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, KeySegment, Serialize, Deserialize)]
struct Tenant(u32);

#[derive(Debug)]
struct Db(u32);

#[derive(Clone)]
struct Pool(Arc<Db>);

trait Mailer: Send + Sync {
    fn sender(&self) -> String;
}

impl Mailer for Db {
    fn sender(&self) -> String {
        format!("mailer {}", self.0)
    }
}

#[cached(name = "plain", key = "{tenant}:{name}", loader)]
async fn plain(db: &Db, tenant: Tenant, name: &str) -> Result<String, std::io::Error> {
    tokio::task::yield_now().await;
    Ok(format!("{} {} {name}", db.0, tenant.0))
}

#[cached(name = "given", key = (ids,), loader)]
async fn given(shared: Arc<Db>, borrowed: &Arc<Db>, pool: Pool, mailer: &dyn Mailer, ids: &[u64]) -> Option<String> {
    tokio::task::yield_now().await;
    Some(format!("{} {} {} {} {ids:?}", shared.0, borrowed.0, pool.0.0, mailer.sender()))
}

#[cached(name = "blocking", skip(db), loader, version = 3)]
fn blocking(db: &Db, (a, b): (u8, u8)) -> u32 {
    db.0 + u32::from(a) + u32::from(b)
}

#[cached(name = "none", loader)]
fn none() -> u32 {
    7
}

#[cached(name = "failing", key = "{id}", loader)]
async fn failing(id: u64) -> Result<u64, String> {
    Err(format!("no {id}"))
}

#[derive(Clone)]
struct Orders {
    region: String,
}

#[async_trait]
trait Find {
    async fn found(&self, id: u64) -> Result<String, std::io::Error>;
}

#[cached_impl(name = "orders")]
impl Orders {
    #[cached(key = (tenant, id), skip(trace), ttl = "30s", loader)]
    async fn find(&self, tenant: Tenant, id: u64, trace: &Db) -> Result<Option<String>, std::io::Error> {
        tokio::task::yield_now().await;
        Ok(Some(format!("{} {} {id} {}", self.region, tenant.0, trace.0)))
    }

    #[cached(receiver = skip, loader)]
    async fn shared(self: Arc<Self>, id: u64) -> String {
        format!("{} {id}", self.region)
    }

    #[cached(receiver = self.region, loader)]
    fn copied(self, id: u64) -> String {
        format!("{} {id}", self.region)
    }

    #[cached(loader)]
    fn associated(id: u64) -> u64 {
        id
    }
}

#[cached_impl(name = "found")]
#[async_trait]
impl Find for Orders {
    #[cached(receiver = skip, loader)]
    async fn found(&self, id: u64) -> Result<String, std::io::Error> {
        Ok(format!("{} {id}", self.region))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let runtime = Runtime::builder()
        .cache(HydraCache::local().build())
        .provide(Arc::new(Db(7)))
        .provide(Arc::new(Pool(Arc::new(Db(8)))))
        .provide::<dyn Mailer>(Arc::new(Db(9)))
        .provide(Arc::new(Orders { region: "north".to_owned() }))
        .install()
        .unwrap();
    let registry = runtime.registry();
    let text: String = registry.load("plain", (Tenant(1), "ada")).await.unwrap();
    assert_eq!(text, "7 1 ada");
    assert_eq!(plain::peek(Tenant(1), "ada"), Some(text));
    assert_eq!(plain::stats().loads, 1);
    let again: String = registry.load("plain", (Tenant(1), "ada")).await.unwrap();
    assert_eq!((again.as_str(), plain::stats().hits), ("7 1 ada", 1));
    let text: Option<String> = registry.load("given", vec![1_u64, 2]).await.unwrap();
    assert_eq!(text.unwrap(), "7 7 8 mailer 9 [1, 2]");
    assert_eq!(registry.load::<u32>("blocking", (1_u8, 2_u8)).await.unwrap(), 10);
    assert_eq!(registry.load::<u32>("none", ()).await.unwrap(), 7);
    let failed = registry.load::<u64>("failing", 3_u64).await.unwrap_err();
    assert!(failed.load_error().unwrap().to_string().contains("no 3"), "{failed}");
    let found: Option<String> = registry.load("orders.find", (Tenant(1), 2_u64)).await.unwrap();
    assert_eq!(found.unwrap(), "north 1 2 7");
    assert_eq!(registry.load::<String>("orders.shared", 4_u64).await.unwrap(), "north 4");
    assert_eq!(registry.load::<String>("orders.copied", 5_u64).await.unwrap(), "north 5");
    assert_eq!(registry.load::<u64>("orders.associated", 6_u64).await.unwrap(), 6);
    assert_eq!(registry.load::<String>("found.found", 7_u64).await.unwrap(), "north 7");
    let find = registry.loader("orders.find").unwrap();
    assert_eq!(find.arguments(), ["tenant", "id"]);
    assert_eq!(find.needs().len(), 2);
}

/// An argument is called like its function.
#[cached(name = "same", loader)]
fn same(same: u64) -> u64 {
    same
}
