//! The calls that programs written for earlier releases make about events and about the invalidation bus.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use async_trait::async_trait;
use hydracache::{
    CacheEventKind, CacheEventOrigin, CacheInvalidationBus, CacheInvalidationMessage,
    CacheInvalidationReceive, CacheInvalidationReceiver, CacheOptions, CacheResult, HydraCache,
    InMemoryFramedInvalidationBus, InMemoryInvalidationBus,
};

#[tokio::test]
async fn a_subscriber_of_a_tag_hears_of_an_entry_and_of_its_end() -> CacheResult<()> {
    let cache = HydraCache::local().build();
    let mut events = cache.subscribe_tag("orders");
    cache.put("order:7", 7_u64, CacheOptions::new().tag("orders")).await?;
    let event = events.recv().await.expect("the order was stored");
    assert_eq!(event.kind(), CacheEventKind::Stored);
    assert_eq!(event.key(), Some("order:7"));
    cache.invalidate_tag("orders").await?;
    let event = events.recv().await.expect("the tag was invalidated");
    assert_eq!(event.kind(), CacheEventKind::TagInvalidated);
    assert_eq!(event.tag(), Some("orders"));
    Ok(())
}

#[tokio::test]
async fn a_callback_is_called_until_its_handle_is_given_back() -> CacheResult<()> {
    let cache = HydraCache::local().build();
    let (tell, told) = mpsc::channel();
    let listener = cache.on_mutation(move |event| {
        let _ = tell.send(format!("{event:?}"));
    });
    cache.put("order:7", 7_u64, CacheOptions::new()).await?;
    listener.unsubscribe();
    cache.put("order:8", 8_u64, CacheOptions::new()).await?;
    let told: Vec<_> = told.iter().collect();
    assert!(told.len() == 1 && told[0].contains("order:7"), "{told:?}");
    Ok(())
}

#[tokio::test]
async fn a_trace_of_accesses_begins_with_a_miss() -> CacheResult<()> {
    let cache = HydraCache::local().enable_access_events(true).event_buffer_capacity(256).build();
    let mut events = cache.subscribe_access();
    let total = cache.get_or_insert_with("total", CacheOptions::new(), || async { 42_u64 }).await?;
    assert_eq!(total, 42);
    let event = events.next_event().await.expect("the read was told");
    assert_eq!(event.kind(), CacheEventKind::Miss);
    Ok(())
}

#[tokio::test]
async fn a_subscriber_of_a_key_in_a_view_is_told_the_whole_key() -> CacheResult<()> {
    let cache = HydraCache::local().build();
    let orders = cache.typed::<u64>("orders");
    let mut events = orders.subscribe_key("7");
    orders.put("7", 7, CacheOptions::new()).await?;
    let event = events.recv().await.expect("the order was stored");
    assert_eq!(event.kind(), CacheEventKind::Stored);
    assert_eq!(event.key(), Some("orders:7"));
    Ok(())
}

/// The values of this program are borrowed texts, which can be stored though never read back as such.
#[tokio::test]
async fn events_are_published_only_where_somebody_listens() -> CacheResult<()> {
    let silent = HydraCache::local().build();
    silent.put("order:7", "tea", CacheOptions::new().tag("orders")).await?;
    assert_eq!(silent.stats().events_published, 0);
    let heard = HydraCache::local().build();
    let mut events = heard.subscribe_mutations();
    heard.put("order:8", "coffee", CacheOptions::new().tag("orders")).await?;
    let event = events.recv().await.expect("the order was stored");
    assert_eq!(event.kind(), CacheEventKind::Stored);
    assert_eq!(heard.stats().events_published, 1);
    Ok(())
}

#[tokio::test]
async fn two_caches_on_a_bus_share_invalidations() -> CacheResult<()> {
    let bus = Arc::new(InMemoryInvalidationBus::default());
    let here = HydraCache::local().shared_invalidation_bus(bus.clone()).invalidation_node_id("here").build();
    let there = HydraCache::local().shared_invalidation_bus(bus).invalidation_node_id("there").build();
    for cache in [&here, &there] {
        cache.put("order:7", 7_u64, CacheOptions::new().tag("orders")).await?;
    }
    let mut events = there.subscribe_tag("orders");
    here.invalidate_tag("orders").await?;
    let event = tokio::time::timeout(Duration::from_secs(20), events.recv())
        .await
        .expect("it arrives")
        .expect("the subscription stays open");
    assert_eq!(event.origin(), CacheEventOrigin::DistributedBus);
    assert_eq!(event.source(), Some("here"));
    assert!(!there.contains_key("order:7").await);
    assert_eq!(here.stats().distributed_invalidations_published, 1);
    assert_eq!(there.stats().distributed_invalidations_applied, 1);
    Ok(())
}

#[test]
fn caches_on_a_framed_bus_are_built_outside_of_a_runtime() {
    let bus = Arc::new(InMemoryFramedInvalidationBus::for_cluster("shop", 128));
    let first =
        HydraCache::local().shared_invalidation_bus(bus.clone()).invalidation_node_id("first").build();
    let second = HydraCache::local().shared_invalidation_bus(bus).invalidation_node_id("second").build();
    let mut events = second.subscribe();
    first.flush().fire();
    assert_eq!(events.recv_blocking().expect("it stays open").kind(), CacheEventKind::Flushed);
}

#[derive(Debug, Clone)]
struct Void;

#[async_trait]
impl CacheInvalidationBus for Void {
    async fn publish(&self, message: CacheInvalidationMessage) -> CacheResult<()> {
        let _ = message;
        Ok(())
    }

    fn subscribe(&self) -> Box<dyn CacheInvalidationReceiver> {
        Box::new(Nothing)
    }
}

struct Nothing;

#[async_trait]
impl CacheInvalidationReceiver for Nothing {
    async fn recv(&mut self) -> CacheInvalidationReceive {
        CacheInvalidationReceive::Closed
    }
}

#[tokio::test]
async fn a_transport_of_ones_own_is_two_small_traits() -> CacheResult<()> {
    let cache = HydraCache::local().invalidation_bus(Void).build();
    cache.put("order:7", 7_u64, CacheOptions::new()).await?;
    cache.remove("order:7").await?;
    assert!(!cache.contains_key("order:7").await);
    assert_eq!(cache.stats().distributed_invalidations_published, 1);
    let shared: Arc<dyn CacheInvalidationBus> = Arc::new(Void);
    let other = HydraCache::local().shared_invalidation_bus(shared).build();
    other.invalidate_key("order:7").await?;
    assert!(other.stats().has_distributed_invalidation_activity());
    Ok(())
}
