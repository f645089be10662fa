//! Buses that a test writes itself: one whose every step can be bent, one that takes nothing until it is let, and one that
//! never comes to an end.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use hydracache_runtime::{
    CacheInvalidation, CacheInvalidationBus, CacheInvalidationMessage, CacheInvalidationReceive,
    CacheInvalidationReceiver, CachePosition, CacheResult, Error, InMemoryInvalidationBus,
};
use tokio::sync::{Semaphore, oneshot};

use crate::support::soon;

pub(crate) type Message = CacheInvalidationMessage;
type Hook<T, R> = Arc<dyn Fn(T) -> R + Send + Sync>;

/// A bus within the process that does with each message what a test wants, which includes lying and panicking.
pub(crate) struct Bent {
    inner: InMemoryInvalidationBus,
    publish: Hook<Message, CacheResult<Vec<Message>>>,
    receive: Hook<CacheInvalidationReceive, Vec<CacheInvalidationReceive>>,
    positions: Hook<Vec<CachePosition>, Vec<CachePosition>>,
    replay: Hook<Option<Vec<Message>>, CacheResult<Option<Vec<Message>>>>,
    subscribe: Hook<u64, bool>,
    subscriptions: AtomicU64,
}

impl Bent {
    /// A bus that is as it should be.
    pub(crate) fn new() -> Self {
        Self {
            inner: InMemoryInvalidationBus::new(10_000),
            publish: Arc::new(|message| Ok(vec![message])),
            receive: Arc::new(|received| vec![received]),
            positions: Arc::new(|positions| positions),
            replay: Arc::new(Ok),
            subscribe: Arc::new(|_| true),
            subscriptions: AtomicU64::new(0),
        }
    }

    /// What is published in the place of a message.
    pub(crate) fn publishing(
        mut self,
        hook: impl Fn(Message) -> CacheResult<Vec<Message>> + Send + Sync + 'static,
    ) -> Self {
        self.publish = Arc::new(hook);
        self
    }

    /// What is received in the place of what comes.
    pub(crate) fn receiving(
        mut self,
        hook: impl Fn(CacheInvalidationReceive) -> Vec<CacheInvalidationReceive> + Send + Sync + 'static,
    ) -> Self {
        self.receive = Arc::new(hook);
        self
    }

    /// What a subscription says of where it began.
    pub(crate) fn beginning(
        mut self,
        hook: impl Fn(Vec<CachePosition>) -> Vec<CachePosition> + Send + Sync + 'static,
    ) -> Self {
        self.positions = Arc::new(hook);
        self
    }

    /// What is given out again in the place of what was kept.
    pub(crate) fn replaying(
        mut self,
        hook: impl Fn(Option<Vec<Message>>) -> CacheResult<Option<Vec<Message>>> + Send + Sync + 'static,
    ) -> Self {
        self.replay = Arc::new(hook);
        self
    }

    /// Whether a subscription, given how many there were before, is more than a closed one.
    pub(crate) fn subscribing(mut self, hook: impl Fn(u64) -> bool + Send + Sync + 'static) -> Self {
        self.subscribe = Arc::new(hook);
        self
    }

    /// How often somebody subscribed.
    pub(crate) fn subscriptions(&self) -> u64 {
        self.subscriptions.load(Ordering::SeqCst)
    }
}

impl fmt::Debug for Bent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bent").finish_non_exhaustive()
    }
}

#[async_trait]
impl CacheInvalidationBus for Bent {
    async fn publish(&self, message: CacheInvalidationMessage) -> CacheResult<()> {
        for message in (self.publish)(message)? {
            self.inner.publish(message).await?;
        }
        Ok(())
    }

    fn subscribe(&self) -> Box<dyn CacheInvalidationReceiver> {
        let open = (self.subscribe)(self.subscriptions.fetch_add(1, Ordering::SeqCst));
        Box::new(BentReceiver {
            inner: open.then(|| self.inner.subscribe()),
            waiting: Vec::new(),
            receive: Arc::clone(&self.receive),
            positions: Arc::clone(&self.positions),
        })
    }

    async fn replay(
        &self,
        publisher: &str,
        generation: u64,
        sequences: RangeInclusive<u64>,
    ) -> CacheResult<Option<Vec<CacheInvalidationMessage>>> {
        (self.replay)(self.inner.replay(publisher, generation, sequences).await?)
    }
}

struct BentReceiver {
    inner: Option<Box<dyn CacheInvalidationReceiver>>,
    waiting: Vec<CacheInvalidationReceive>,
    receive: Hook<CacheInvalidationReceive, Vec<CacheInvalidationReceive>>,
    positions: Hook<Vec<CachePosition>, Vec<CachePosition>>,
}

#[async_trait]
impl CacheInvalidationReceiver for BentReceiver {
    async fn recv(&mut self) -> CacheInvalidationReceive {
        loop {
            if !self.waiting.is_empty() {
                return self.waiting.remove(0);
            }
            let Some(inner) = &mut self.inner else { return CacheInvalidationReceive::Closed };
            self.waiting = (self.receive)(inner.recv().await);
        }
    }

    fn positions(&self) -> Vec<CachePosition> {
        (self.positions)(self.inner.as_ref().map(|inner| inner.positions()).unwrap_or_default())
    }
}

/// A switch that a bus fails by while it is off.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outage(Arc<AtomicBool>);

impl Outage {
    pub(crate) fn begin(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub(crate) fn end(&self) {
        self.0.store(false, Ordering::SeqCst);
    }

    pub(crate) fn lasts(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// A bus that nothing can be published to during the outage.
pub(crate) fn with_outages() -> (Arc<Bent>, Outage) {
    let outage = Outage::default();
    let switch = outage.clone();
    let bus = Bent::new().publishing(move |message| {
        if switch.lasts() { Err(Error::Backend("there is an outage")) } else { Ok(vec![message]) }
    });
    (Arc::new(bus), outage)
}

/// A bus that takes as many invalidations as it was let.
#[derive(Debug)]
pub(crate) struct Gated {
    inner: InMemoryInvalidationBus,
    gate: Semaphore,
}

impl Gated {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { inner: InMemoryInvalidationBus::default(), gate: Semaphore::new(0) })
    }

    pub(crate) fn let_pass(&self, invalidations: usize) {
        self.gate.add_permits(invalidations);
    }
}

#[async_trait]
impl CacheInvalidationBus for Gated {
    async fn publish(&self, message: CacheInvalidationMessage) -> CacheResult<()> {
        if *message.invalidation() != CacheInvalidation::Position {
            self.gate.acquire().await.expect("it is never closed").forget();
        }
        self.inner.publish(message).await
    }

    fn subscribe(&self) -> Box<dyn CacheInvalidationReceiver> {
        self.inner.subscribe()
    }

    async fn replay(
        &self,
        publisher: &str,
        generation: u64,
        sequences: RangeInclusive<u64>,
    ) -> CacheResult<Option<Vec<CacheInvalidationMessage>>> {
        self.inner.replay(publisher, generation, sequences).await
    }
}

/// How a call of a bus never ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Endless {
    /// Its future never does.
    Pends,
    /// It keeps the thread that polls it.
    Blocks,
}

/// One cache's way to a bus, on which some calls never end.
#[derive(Debug)]
pub(crate) struct Stuck {
    inner: Arc<dyn CacheInvalidationBus>,
    publish: Option<Endless>,
    replay: Option<Endless>,
    /// One for each call that has begun and does not end.
    begun: Arc<Semaphore>,
    /// Dropped with the bus, which tells of its end.
    _alive: oneshot::Sender<()>,
}

/// Who tells what has become of a bus.
#[derive(Debug)]
pub(crate) struct Fate {
    begun: Arc<Semaphore>,
    end: oneshot::Receiver<()>,
}

impl Stuck {
    /// A way to `inner` on which publications or replays never end, and who tells of it.
    pub(crate) fn new(
        inner: Arc<dyn CacheInvalidationBus>,
        publish: Option<Endless>,
        replay: Option<Endless>,
    ) -> (Arc<Self>, Fate) {
        let (alive, end) = oneshot::channel();
        let begun = Arc::new(Semaphore::new(0));
        let fate = Fate { begun: Arc::clone(&begun), end };
        (Arc::new(Self { inner, publish, replay, begun, _alive: alive }), fate)
    }

    async fn maybe_never(&self, endless: Option<Endless>) {
        if endless.is_some() {
            self.begun.add_permits(1);
        }
        match endless {
            None => {}
            Some(Endless::Pends) => std::future::pending().await,
            Some(Endless::Blocks) => loop {
                std::thread::park();
            },
        }
    }
}

impl Fate {
    /// Waits until a call has begun that does not end.
    pub(crate) async fn stuck(&self) {
        soon(self.begun.acquire()).await.expect("it is never closed").forget();
    }

    /// Waits until nobody holds the bus any more.
    pub(crate) async fn gone(self) {
        soon(self.end).await.expect_err("it is dropped and says nothing");
    }
}

#[async_trait]
impl CacheInvalidationBus for Stuck {
    async fn publish(&self, message: CacheInvalidationMessage) -> CacheResult<()> {
        self.maybe_never(self.publish).await;
        self.inner.publish(message).await
    }

    fn subscribe(&self) -> Box<dyn CacheInvalidationReceiver> {
        self.inner.subscribe()
    }

    async fn replay(
        &self,
        publisher: &str,
        generation: u64,
        sequences: RangeInclusive<u64>,
    ) -> CacheResult<Option<Vec<CacheInvalidationMessage>>> {
        self.maybe_never(self.replay).await;
        self.inner.replay(publisher, generation, sequences).await
    }
}
