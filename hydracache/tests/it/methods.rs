//! Methods whose impl block is seen: handles, instances, generic types, traits, and loads that outlive their caller.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use futures_util::poll;
use hydracache::testing::ManualClock;
use hydracache::{HydraCache, Registry, Source, cached_impl, invalidates};

use crate::support::{Desk, Down, isolated, isolated_sync, runtime_over, settle};

#[derive(Clone, Default)]
struct Shop {
    tenant: u64,
    desk: Desk,
}

impl Shop {
    fn of(tenant: u64) -> Self {
        Self { tenant, desk: Desk::default() }
    }
}

#[cached_impl(name = "methods.shop")]
impl Shop {
    #[cached(receiver = self.tenant, tags = ["tenant:{self.tenant}"])]
    async fn price(&self, item: u64) -> Result<u64, Down> {
        self.desk.load(&[item]).await?;
        Ok(self.tenant * 100 + item)
    }

    #[cached(receiver = skip)]
    async fn shared(self: Arc<Self>, item: u64) -> Result<u64, Down> {
        self.desk.load(&[item]).await?;
        Ok(item)
    }

    #[cached(receiver = self.tenant, ttl = "10s", refresh_ahead = "2s")]
    async fn rate(&self, currency: &str) -> Result<usize, Down> {
        let _ = currency;
        self.desk.load(&[]).await?;
        Ok(self.desk.loads())
    }

    #[cached(receiver = self.tenant, ttl = "10s", refresh_ahead = "2s")]
    fn blocking_rate(&self, currency: &str) -> usize {
        let _ = (currency, futures_util::FutureExt::now_or_never(self.desk.load(&[])));
        self.desk.loads()
    }

    #[cached]
    fn tax(cents: u64) -> u64 {
        cents / 5
    }

    #[invalidates(Self::price(self, item), tags = ["changes"])]
    async fn set_price(&self, item: u64, works: bool) -> Result<(), Down> {
        tokio::task::yield_now().await;
        let _ = item;
        if works { Ok(()) } else { Err(Down) }
    }
}

#[tokio::test]
async fn the_handle_of_a_method_does_what_that_of_a_function_does() {
    isolated(async {
        let (shop, price) = (Shop::of(1), Shop::price_cache());
        assert_eq!(price.name(), "methods.shop.price");
        assert_eq!(price.key(&shop, 7).as_str(), "methods.shop.price@0:1:7");
        assert_eq!(price.peek(&shop, 7), None);
        assert_eq!(price.fetch(&shop, 7).await.unwrap().source, Source::Loaded);
        assert_eq!(price.fetch(&shop, 7).await.unwrap().source, Source::Hit);
        assert_eq!(price.uncached(&shop, 7).await, Ok(107));
        assert_eq!(shop.desk.loads(), 2, "the body ran without the cache");
        price.put(&shop, 7, 5).await.unwrap();
        assert_eq!(shop.price(7).await, Ok(5));
        assert_eq!(price.refresh(&shop, 7).await, Ok(107));
        assert!(price.expire(&shop, 7).await.unwrap());
        assert_eq!(price.peek(&shop, 7), None);
        price.put(&shop, 7, 5).await.unwrap();
        assert!(price.invalidate(&shop, 7).await.unwrap());
        assert!(!price.invalidate(&shop, 7).await.unwrap());
        price.put(&shop, 8, 5).await.unwrap();
        price.clear().await.unwrap();
        assert_eq!(price.peek(&shop, 8), None);
        assert_eq!((price.stats().loads, price.stats().hits), (2, 2));
        let copy = price;
        assert_eq!(copy.site().name(), price.name(), "a handle is a value that can be copied");
    })
    .await;
}

#[test]
fn the_registry_lists_methods_by_their_names() {
    let registry = Registry::of_this_program();
    for name in ["methods.shop.price", "methods.shop.tax", "methods.above.get", "methods.below.get"] {
        assert!(registry.function(name).is_some(), "{name}");
    }
    let writers: Vec<_> = registry.invalidators().filter(|writer| writer.function() == "set_price").collect();
    let [writer] = writers.as_slice() else { panic!("{writers:?}") };
    assert_eq!((writer.tags(), writer.at()), (&["changes"][..], "after_ok"));
}

#[tokio::test]
async fn instances_that_the_receiver_tells_apart_have_entries_of_their_own() {
    isolated(async {
        let (one, same, other) = (Shop::of(1), Shop::of(1), Shop::of(2));
        assert_eq!((one.price(7).await, other.price(7).await), (Ok(107), Ok(207)));
        assert_eq!(same.price(7).await, Ok(107));
        assert_eq!((one.desk.loads(), same.desk.loads(), other.desk.loads()), (1, 0, 1));
        Shop::price_cache().invalidate(&same, 7).await.unwrap();
        assert_eq!(Shop::price_cache().peek(&one, 7), None);
        assert_eq!(Shop::price_cache().peek(&other, 7), Some(207));
    })
    .await;
}

#[test]
fn a_function_without_a_receiver_is_cached_in_its_block() {
    isolated_sync(|| {
        assert_eq!((Shop::tax(500), Shop::tax(500)), (100, 100));
        assert_eq!(Shop::tax_cache().stats().loads, 1);
        assert_eq!(Shop::tax_cache().peek(500), Some(100));
    });
}

struct Shelf<T>(PhantomData<T>);

#[cached_impl(name = "methods.shelf")]
impl<T: Default + ToString + Send + Sync + 'static> Shelf<T> {
    #[cached]
    fn label(number: u8) -> String {
        format!("{}/{number}", T::default().to_string())
    }
}

#[test]
fn the_types_of_a_generic_block_tell_entries_apart() {
    isolated_sync(|| {
        assert_eq!(
            (Shelf::<u8>::label(1), Shelf::<bool>::label(1)),
            ("0/1".to_owned(), "false/1".to_owned())
        );
        assert_eq!(Shelf::<u8>::label_cache().peek(1).as_deref(), Some("0/1"));
        assert_eq!(Shelf::<u16>::label_cache().peek(1), None);
        Shelf::<u8>::label_cache().invalidate(1).fire();
        assert_eq!(Shelf::<bool>::label_cache().peek(1).as_deref(), Some("false/1"));
    });
}

#[tokio::test]
async fn callers_of_a_method_share_one_load() {
    isolated(async {
        let shop = Shop { tenant: 3, desk: Desk::closed() };
        let mut calls = Box::pin(join_all((0..8).map(|_| shop.price(7))));
        assert!(poll!(calls.as_mut()).is_pending());
        let mut fetch = Box::pin(Shop::price_cache().fetch(&shop, 7));
        assert!(poll!(fetch.as_mut()).is_pending());
        shop.desk.open(1);
        assert_eq!(calls.await, vec![Ok(307); 8]);
        assert_eq!(fetch.await.unwrap().value, 307);
        assert_eq!((shop.desk.loads(), Shop::price_cache().stats().joins), (1, 8));
    })
    .await;
}

#[tokio::test]
async fn an_error_of_a_method_reaches_all_and_is_not_stored() {
    isolated(async {
        let shop = Shop { tenant: 4, desk: Desk::closed() };
        shop.desk.fail(true);
        let mut calls = Box::pin(join_all((0..3).map(|_| shop.price(7))));
        assert!(poll!(calls.as_mut()).is_pending());
        shop.desk.open(1);
        assert_eq!(calls.await, vec![Err(Down); 3]);
        assert_eq!((shop.desk.loads(), Shop::price_cache().peek(&shop, 7)), (1, None));
    })
    .await;
}

#[tokio::test]
async fn a_load_that_owns_its_instance_goes_on_without_its_caller() {
    isolated(async {
        let shop = Arc::new(Shop { tenant: 5, desk: Desk::closed() });
        let mut call = Box::pin(Arc::clone(&shop).shared(7));
        assert!(poll!(call.as_mut()).is_pending());
        drop(call);
        settle().await;
        shop.desk.open(1);
        settle().await;
        assert_eq!(Shop::shared_cache().peek(7), Some(7));
        assert_eq!(shop.desk.loads(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_load_that_borrows_its_instance_ends_with_its_caller_and_another_takes_over() {
    isolated(async {
        let shop = Shop { tenant: 6, desk: Desk::closed() };
        let mut call = Box::pin(shop.price(7));
        assert!(poll!(call.as_mut()).is_pending());
        let mut waiter = Box::pin(shop.price(7));
        assert!(poll!(waiter.as_mut()).is_pending());
        drop(call);
        assert!(poll!(waiter.as_mut()).is_pending());
        assert_eq!(shop.desk.loads(), 2);
        shop.desk.open(1);
        assert_eq!(waiter.await, Ok(607));
    })
    .await;
}

async fn timed<F: Future>(test: impl FnOnce(ManualClock) -> F) -> F::Output {
    let clock = ManualClock::new();
    let cache = HydraCache::local().clock(clock.clone()).build();
    runtime_over(cache).scope(test(clock)).await
}

#[tokio::test]
async fn a_hit_near_the_end_refreshes_with_a_copy_of_the_instance() {
    timed(|clock| async move {
        let shop = Shop::of(7);
        assert_eq!(shop.rate("EUR").await, Ok(1));
        clock.advance(Duration::from_secs(9));
        assert_eq!(shop.rate("EUR").await, Ok(1), "the old value, and a load in the background");
        settle().await;
        assert_eq!(shop.rate("EUR").await, Ok(2));
        assert_eq!(Shop::rate_cache().stats().loads, 2);
    })
    .await;
}

#[test]
fn a_blocking_method_refreshes_on_a_thread_of_its_own() {
    let clock = ManualClock::new();
    let cache = HydraCache::local().clock(clock.clone()).build();
    runtime_over(cache).sync_scope(|| {
        let shop = Shop::of(8);
        assert_eq!(shop.blocking_rate("EUR"), 1);
        clock.advance(Duration::from_secs(9));
        assert_eq!(shop.blocking_rate("EUR"), 1);
        while Shop::blocking_rate_cache().peek(&shop, "EUR") != Some(2) {
            std::thread::yield_now();
        }
        assert_eq!(shop.desk.loads(), 2);
    });
}

#[tokio::test]
async fn a_write_of_a_method_invalidates_the_entry_of_its_instance() {
    isolated(async {
        let (shop, other) = (Shop::of(1), Shop::of(2));
        let _ = (shop.price(7).await, other.price(7).await, shop.price(8).await);
        assert_eq!(shop.set_price(7, false).await, Err(Down));
        assert_eq!(Shop::price_cache().peek(&shop, 7), Some(107), "nothing was written");
        shop.set_price(7, true).await.unwrap();
        assert_eq!(Shop::price_cache().peek(&shop, 7), None);
        assert_eq!(Shop::price_cache().peek(&other, 7), Some(207));
        assert_eq!(Shop::price_cache().peek(&shop, 8), Some(108));
    })
    .await;
}

#[async_trait]
trait Names: Send + Sync {
    async fn get(&self, id: u64) -> Result<String, Down>;
    async fn rename(&self, id: u64, works: bool) -> Result<(), Down>;
}

#[derive(Clone, Default)]
struct Above(Desk);

#[derive(Clone, Default)]
struct Below(Desk);

#[cached_impl(name = "methods.above")]
#[async_trait]
impl Names for Above {
    #[cached(receiver = skip)]
    async fn get(&self, id: u64) -> Result<String, Down> {
        self.0.load(&[id]).await?;
        Ok(format!("above {id}"))
    }

    #[invalidates(Self::get(id))]
    async fn rename(&self, id: u64, works: bool) -> Result<(), Down> {
        tokio::task::yield_now().await;
        let _ = id;
        if works { Ok(()) } else { Err(Down) }
    }
}

#[async_trait]
#[cached_impl(name = "methods.below")]
impl Names for Below {
    #[cached(receiver = skip)]
    async fn get(&self, id: u64) -> Result<String, Down> {
        self.0.load(&[id]).await?;
        Ok(format!("below {id}"))
    }

    #[invalidates(Self::get(id))]
    async fn rename(&self, id: u64, works: bool) -> Result<(), Down> {
        tokio::task::yield_now().await;
        let _ = id;
        if works { Ok(()) } else { Err(Down) }
    }
}

async fn names_behave(names: &dyn Names, desk: &Desk, peek: impl Fn(u64) -> Option<String>, name: &str) {
    let mut calls = Box::pin(join_all((0..4).map(|_| names.get(7))));
    assert!(poll!(calls.as_mut()).is_pending());
    desk.open(1);
    assert_eq!(calls.await, vec![Ok(format!("{name} 7")); 4]);
    assert_eq!(desk.loads(), 1);
    assert_eq!(names.rename(7, false).await, Err(Down));
    assert_eq!(peek(7), Some(format!("{name} 7")));
    names.rename(7, true).await.unwrap();
    assert_eq!(peek(7), None);
    // A write that is dropped may have happened.
    desk.open(1);
    names.get(7).await.unwrap();
    let mut write = names.rename(7, true);
    assert!(poll!(write.as_mut()).is_pending());
    assert!(peek(7).is_some());
    drop(write);
    assert_eq!(peek(7), None);
}

#[tokio::test]
async fn a_trait_with_boxed_futures_is_cached_from_above() {
    isolated(async {
        let names = Above(Desk::closed());
        names_behave(&names, &names.0, |id| Above::get_cache().peek(id), "above").await;
    })
    .await;
}

#[tokio::test]
async fn a_trait_with_boxed_futures_is_cached_from_below() {
    isolated(async {
        let names = Below(Desk::closed());
        names_behave(&names, &names.0, |id| Below::get_cache().peek(id), "below").await;
    })
    .await;
}
