//! A load whose caller goes away goes on, where it owns what it needs; else somebody who waits leads a new one.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;

use futures_util::poll;
use hydracache::{CacheStats, HydraCache, cached, cached_impl};
use tokio::sync::Semaphore;

use crate::support::runtime_over;

type Gate = Arc<Semaphore>;

async fn pass(gate: &Semaphore) {
    gate.acquire().await.unwrap().forget();
}

#[cached(name = "adopting.owned", key = "{id}")]
async fn owned(gate: Gate, id: u64) -> Result<u64, String> {
    pass(&gate).await;
    Ok(id)
}

#[cached(name = "adopting.plain", key = "{id}")]
async fn plain(gate: Gate, id: u64) -> u64 {
    pass(&gate).await;
    id
}

#[cached(name = "adopting.borrowed", key = "{id}")]
async fn borrowed(gate: &Semaphore, id: u64) -> u64 {
    pass(gate).await;
    id
}

#[cached(name = "adopting.refused", key = "{id}", adopt = false)]
async fn refused(gate: Gate, id: u64) -> u64 {
    pass(&gate).await;
    id
}

#[cached(name = "adopting.of_one_thread", key = "{id}")]
async fn of_one_thread(gate: Gate, id: u64) -> u64 {
    let local = Rc::new(Cell::new(id));
    pass(&gate).await;
    local.get()
}

#[cached(name = "adopting.shown", key = "{id}")]
async fn shown(gate: Gate, id: u64) -> hydracache::Cached<u64> {
    pass(&gate).await;
    id.into()
}

struct Orders(Gate);

#[cached_impl(name = "adopting.orders")]
impl Orders {
    #[cached(receiver = skip)]
    async fn shared(self: Arc<Self>, id: u64) -> u64 {
        pass(&self.0).await;
        id
    }

    #[cached(receiver = skip)]
    async fn lent(&self, id: u64) -> u64 {
        pass(&self.0).await;
        id
    }

    #[cached(skip(gate))]
    async fn associated(gate: Gate, id: u64) -> u64 {
        pass(&gate).await;
        id
    }
}

/// Begins a call, lets its caller go away, and says how many loads were adopted and whether the value came.
async fn abandoned<T>(
    call: impl Future<Output = T>,
    gate: &Gate,
    peek: impl Fn() -> bool,
    stats: impl Fn() -> CacheStats,
) -> (u64, bool) {
    {
        let mut call = pin!(call);
        assert!(poll!(call.as_mut()).is_pending());
    }
    let adopted = stats().adopted;
    gate.add_permits(1);
    // On one thread, and a load that was adopted has nothing else to wait for.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    (adopted, peek())
}

#[tokio::test]
async fn a_load_that_owns_what_it_needs_goes_on() {
    let runtime = runtime_over(HydraCache::local().build());
    let gate = || Arc::new(Semaphore::new(0));
    let work = async {
        let (g, id) = (gate(), 1);
        let there = || owned::peek(id) == Some(1);
        assert_eq!(abandoned(owned(g.clone(), id), &g, there, owned::stats).await, (1, true));
        let g = gate();
        let there = || plain::peek(id) == Some(1);
        assert_eq!(abandoned(plain(g.clone(), id), &g, there, plain::stats).await, (1, true));
        let g = gate();
        let there = || shown::peek(id) == Some(1);
        assert_eq!(abandoned(shown(g.clone(), id), &g, there, shown::stats).await, (1, true));
        let g = gate();
        let (orders, shared) = (Arc::new(Orders(g.clone())), Orders::shared_cache());
        let there = || shared.peek(id) == Some(1);
        assert_eq!(abandoned(orders.shared(id), &g, there, || shared.stats()).await, (1, true));
        let g = gate();
        let handle = Orders::associated_cache();
        let there = || handle.peek(id) == Some(1);
        let call = Orders::associated(g.clone(), id);
        assert_eq!(abandoned(call, &g, there, || handle.stats()).await, (1, true));
    };
    runtime.scope(work).await;
}

#[tokio::test]
async fn a_load_that_belongs_to_its_caller_ends_with_it() {
    let runtime = runtime_over(HydraCache::local().build());
    let gate = || Arc::new(Semaphore::new(0));
    let work = async {
        let g = gate();
        let there = || borrowed::peek(1).is_some();
        assert_eq!(abandoned(borrowed(&g, 1), &g, there, borrowed::stats).await, (0, false));
        let g = gate();
        let there = || refused::peek(1).is_some();
        assert_eq!(abandoned(refused(g.clone(), 1), &g, there, refused::stats).await, (0, false));
        let g = gate();
        let there = || of_one_thread::peek(1).is_some();
        assert_eq!(abandoned(of_one_thread(g.clone(), 1), &g, there, of_one_thread::stats).await, (0, false));
        let g = gate();
        let (orders, lent) = (Orders(g.clone()), Orders::lent_cache());
        let there = || lent.peek(1).is_some();
        assert_eq!(abandoned(orders.lent(1), &g, there, || lent.stats()).await, (0, false));
    };
    runtime.scope(work).await;
}

#[tokio::test]
async fn whoever_waits_for_a_load_that_ended_with_its_caller_loads() {
    let runtime = runtime_over(HydraCache::local().build());
    let work = async {
        let gate = Arc::new(Semaphore::new(0));
        let second = {
            let mut first = pin!(borrowed(&gate, 2));
            assert!(poll!(first.as_mut()).is_pending());
            let mut second = Box::pin(borrowed(&gate, 2));
            assert!(poll!(second.as_mut()).is_pending());
            assert_eq!(borrowed::stats().joins, 1);
            second
        };
        gate.add_permits(1);
        assert_eq!(second.await, 2);
        assert_eq!((borrowed::stats().loads, borrowed::stats().adopted), (2, 0));
    };
    runtime.scope(work).await;
}
