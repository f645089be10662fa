//! What joins a cache to its invalidation bus: a thread that publishes what was invalidated here, in order, and applies
//! what was invalidated elsewhere.
//!
//! The thread brings a small tokio runtime for transports that need one, so a cache with a bus can be built anywhere. It
//! holds the cache weakly and ends with it, once what is left is published or the bus has taken nothing for a while.

use std::future::{Future, poll_fn};
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Weak, mpsc};
use std::task::Poll;
use std::time::{Duration, SystemTime};
use std::{mem, process, thread};

use tokio::runtime::{Builder, Runtime};
use tokio::task::spawn_blocking;

use super::{By, Engine, next_id};
use crate::clock::{Clock, SystemClock, Tick};
use crate::error::{Error, ErrorKind};
use crate::event::Count;
use crate::invalidation::{
    CacheInvalidation, CacheInvalidationBus, CacheInvalidationMessage, CacheInvalidationReceive,
    CacheInvalidationReceiver, Gap, Outbox, Positions, Ticket, Verdict,
};
use crate::policy::nanos;
use crate::sync::Arc;
use crate::timer::Sleep;

/// How often a cache says how far it has published, so that a loss of its last message is noticed.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// How long to wait after the first failure to publish or to subscribe, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How long the bus may take nothing of what is left of a cache that has gone.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// How long the bus may take to say what was missed.
const PATIENCE: Duration = Duration::from_secs(10);

/// The cache's end of the link. When it goes, the thread ends.
#[derive(Debug)]
pub(super) struct Link {
    outbox: Arc<Outbox>,
}

impl Link {
    /// Queues what was invalidated here.
    pub(super) fn announce(&self, what: CacheInvalidation) -> Ticket {
        self.outbox.push(what)
    }

    /// How many invalidations wait to be published.
    pub(super) fn waiting(&self) -> u64 {
        self.outbox.len() as u64
    }

    /// How many invalidations were published as part of a flush, because too many waited or the bus could not carry them.
    pub(super) fn replaced(&self) -> u64 {
        self.outbox.replaced()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.outbox.close();
    }
}

impl Engine {
    /// Joins the cache to a bus, under the name of its node. Subscribes before it returns.
    pub(crate) fn join_bus(
        self: &Arc<Self>,
        bus: Arc<dyn CacheInvalidationBus>,
        node: Option<&str>,
    ) -> Result<(), Error> {
        let generation = fresh_generation();
        let own_name = || format!("{}-{generation:016x}", self.settings.name);
        let node = node.map_or_else(own_name, str::to_owned);
        let refuse = |what: &str, error: std::io::Error| {
            let name = &self.settings.name;
            Error::new(ErrorKind::Backend, format!("the bus of the cache `{name}` got no {what}: {error}"))
        };
        // Started first: a runtime that nobody drives could only be dropped here, which it must not where tasks run.
        let (hand_over, handed_over) = mpsc::channel::<(Runtime, Ends)>();
        let work = move || {
            if let Ok((runtime, ends)) = handed_over.recv() {
                ends.drive(runtime);
            }
        };
        thread::Builder::new()
            .name("hydracache-bus".into())
            .spawn(work)
            .map_err(|error| refuse("thread", error))?;
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(|error| refuse("runtime", error))?;
        let outbox = Arc::new(Outbox::new(&node, generation));
        let receiver = {
            let _in_runtime = runtime.enter();
            bus.subscribe()
        };
        let mut positions = Positions::new(&node, generation);
        positions.rebase(&receiver.positions());
        let publisher = Publisher {
            engine: Arc::downgrade(self),
            clock: Arc::clone(&self.settings.clock),
            bus: Arc::clone(&bus),
            outbox: Arc::clone(&outbox),
        };
        let subscriber = Subscriber {
            engine: Arc::downgrade(self),
            clock: Arc::clone(&self.settings.clock),
            bus,
            positions,
        };
        // The thread waits for it, and nobody else has the cache yet, so there is no other link.
        let _ = hand_over.send((runtime, Ends { publisher, subscriber, receiver }));
        let _ = self.link.set(Link { outbox });
        Ok(())
    }
}

/// A number that no other incarnation of any node has.
fn fresh_generation() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    // The hasher's keys come from the operating system's randomness.
    RandomState::new().hash_one((now.as_nanos(), process::id(), next_id()))
}

/// What the thread of a bus works with.
struct Ends {
    publisher: Publisher,
    subscriber: Subscriber,
    receiver: Box<dyn CacheInvalidationReceiver>,
}

impl Ends {
    fn drive(mut self, runtime: Runtime) {
        runtime.block_on(self.run());
        {
            // A bus may own a runtime, which must not be dropped where tasks run; this is not such a place any more, and
            // still one in which a task can be spawned.
            let _in_runtime = runtime.enter();
            drop(self);
        }
        // The bus may have left work behind that never ends.
        runtime.shutdown_background();
    }

    /// Publishes and receives until there is nothing to publish any more and never will be, or nobody takes it.
    async fn run(&mut self) {
        let mut publishing = pin!(self.publisher.run());
        let mut given_up = pin!(self.publisher.given_up());
        let mut receiving = pin!(self.subscriber.run(&mut self.receiver));
        let mut receives = true;
        poll_fn(|context| {
            receives = receives && receiving.as_mut().poll(context).is_pending();
            match publishing.as_mut().poll(context) {
                Poll::Pending => given_up.as_mut().poll(context),
                Poll::Ready(()) => Poll::Ready(()),
            }
        })
        .await;
    }
}

/// Takes what was invalidated here to the bus.
struct Publisher {
    engine: Weak<Engine>,
    clock: Arc<dyn Clock>,
    bus: Arc<dyn CacheInvalidationBus>,
    outbox: Arc<Outbox>,
}

impl Publisher {
    async fn run(&self) {
        // Said at the start as well: a message that is lost next is then one of a publisher that is known.
        self.tell_position().await;
        let mut pause = FIRST_PAUSE;
        loop {
            let beat = sleep(&self.clock, HEARTBEAT);
            match first_of(self.outbox.wait_for_work(), beat).await {
                None => {
                    self.tell_position().await;
                    continue;
                }
                Some(false) => return,
                Some(true) => {}
            }
            let Some(message) = self.outbox.head() else { continue };
            let sequence = message.sequence();
            match self.publish(message).await {
                Ok(()) => {
                    self.count(Count::BusPublished);
                    self.outbox.confirm(sequence);
                    pause = FIRST_PAUSE;
                }
                Err(error) => {
                    self.count(Count::BusPublishFailure);
                    tracing::debug!(%error, sequence, "an invalidation could not be published; it is tried again");
                    self.outbox.failed(sequence, &error);
                    if self.engine.strong_count() == 0 {
                        real_sleep(pause).await;
                    } else if first_of(self.outbox.wait_until_closed(), sleep(&self.clock, pause))
                        .await
                        .is_some()
                    {
                        // The cache has gone just now: what is left is tried at once, and then as often as at first.
                        pause = FIRST_PAUSE;
                        continue;
                    }
                    pause = longer(pause);
                }
            }
        }
    }

    /// Waits until the cache has gone and the bus has taken nothing for a while, whether it fails or does not end.
    async fn given_up(&self) {
        self.outbox.wait_until_closed().await;
        loop {
            let left = self.outbox.len();
            real_sleep(LAST_WORDS).await;
            if self.outbox.len() == left {
                return;
            }
        }
    }

    async fn tell_position(&self) {
        if let Err(error) = self.publish(self.outbox.position()).await {
            tracing::debug!(%error, "the position could not be published; it is said again later");
        }
    }

    async fn publish(&self, message: CacheInvalidationMessage) -> Result<(), Error> {
        guarded(|| self.bus.publish(message)).await.and_then(|published| published)
    }

    fn count(&self, count: Count) {
        if_there(&self.engine, |engine| engine.count(None, count));
    }
}

/// Applies what was invalidated elsewhere.
struct Subscriber {
    engine: Weak<Engine>,
    clock: Arc<dyn Clock>,
    bus: Arc<dyn CacheInvalidationBus>,
    positions: Positions,
}

impl Subscriber {
    /// Receives until the cache has gone.
    async fn run(&mut self, receiver: &mut Box<dyn CacheInvalidationReceiver>) {
        let mut pause = FIRST_PAUSE;
        while self.engine.strong_count() > 0 {
            let received = guarded(|| receiver.recv()).await.unwrap_or(CacheInvalidationReceive::Closed);
            match received {
                CacheInvalidationReceive::Message(message) => {
                    pause = FIRST_PAUSE;
                    self.receive(&message).await;
                    continue;
                }
                CacheInvalidationReceive::Undecodable(error) => {
                    // If it was a message, the next one shows a gap.
                    self.count(Count::BusDecodeError, 1);
                    tracing::debug!(%error, "something arrived on the bus that cannot be read");
                    continue;
                }
                CacheInvalidationReceive::Lagged(missed) => self.count(Count::BusLag, missed.max(1)),
                CacheInvalidationReceive::Closed => {
                    self.count(Count::BusClosed, 1);
                    sleep(&self.clock, pause).await;
                    pause = longer(pause);
                }
            }
            // A bus that panics here is one that is closed.
            let subscribe = || {
                let receiver = self.bus.subscribe();
                let baseline = receiver.positions();
                (receiver, baseline)
            };
            let Ok((again, baseline)) = catch_unwind(AssertUnwindSafe(subscribe)) else {
                let_go(mem::replace(receiver, Box::new(Gone)));
                continue;
            };
            let_go(mem::replace(receiver, again));
            self.settle(self.positions.compare(&baseline)).await;
            self.positions.rebase(&baseline);
        }
    }

    async fn receive(&mut self, message: &CacheInvalidationMessage) {
        let verdict = self.positions.judge(message);
        let applies = match verdict {
            Verdict::Own => return,
            Verdict::UpToDate => false,
            Verdict::Duplicate => {
                self.count(Count::BusDuplicate, 1);
                true
            }
            _ => *message.invalidation() != CacheInvalidation::Position,
        };
        if *message.invalidation() != CacheInvalidation::Position {
            self.count(Count::BusReceived, 1);
        }
        self.settle(verdict).await;
        if applies {
            self.apply(message);
        }
        self.positions.applied(message);
    }

    /// Does what must be done before a message, or a new subscription, stands for all that came before it.
    async fn settle(&self, verdict: Verdict) {
        match verdict {
            Verdict::Own | Verdict::Apply | Verdict::UpToDate | Verdict::Duplicate => {}
            Verdict::Covered => self.count(Count::BusGap, 1),
            Verdict::Flush => {
                self.count(Count::BusGap, 1);
                self.flush();
            }
            Verdict::Gap(gaps) => {
                for gap in gaps {
                    self.count(Count::BusGap, 1);
                    if !self.repair(&gap).await {
                        return self.flush();
                    }
                }
            }
        }
    }

    /// Applies what is missing, as far as the bus still has it; false if that is not certainly all of it.
    async fn repair(&self, gap: &Gap) -> bool {
        let replay = || self.bus.replay(gap.publisher(), gap.generation(), gap.missing());
        // By the operating system's clock: that of the cache may be a test's, and a replay takes what time it takes.
        let limit = || sleep(&(Arc::new(SystemClock::new()) as Arc<dyn Clock>), PATIENCE);
        let Some(replayed) = first_of(guarded(replay), limit()).await else {
            tracing::warn!(
                "a replay of missing invalidations did not end; everything is dropped in its place"
            );
            return false;
        };
        let messages = match replayed.and_then(|replayed| replayed) {
            Ok(Some(messages)) if gap.is_filled_by(&messages) => messages,
            Ok(_) => return false,
            Err(error) => {
                tracing::debug!(%error, "missing invalidations could not be asked for");
                return false;
            }
        };
        self.count(Count::BusRepaired, messages.len() as u64);
        for message in &messages {
            self.apply(message);
        }
        true
    }

    fn apply(&self, message: &CacheInvalidationMessage) {
        if_there(&self.engine, |engine| {
            engine.count(None, Count::BusApplied);
            engine.apply(message);
        });
    }

    /// Drops everything, because nobody knows what was missed.
    fn flush(&self) {
        if_there(&self.engine, |engine| {
            engine.count(None, Count::BusFlush);
            engine.flush(By::Bus);
        });
    }

    fn count(&self, count: Count, by: u64) {
        if_there(&self.engine, |engine| engine.count_by(count, by));
    }
}

fn longer(pause: Duration) -> Duration {
    (2 * pause).min(LONGEST_PAUSE)
}

fn sleep(clock: &Arc<dyn Clock>, span: Duration) -> Sleep {
    Sleep::until(Arc::clone(clock), Tick::of(&**clock).plus(nanos(span)))
}

/// Lets this much time pass by the operating system's clock: that of a cache that has gone may stand still.
async fn real_sleep(span: Duration) {
    sleep(&(Arc::new(SystemClock::new()) as Arc<dyn Clock>), span).await;
}

/// What the first future returns, or `None` if the second ends before it.
async fn first_of<F: Future>(first: F, mut limit: Sleep) -> Option<F::Output> {
    let mut first = pin!(first);
    poll_fn(|context| match first.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Pin::new(&mut limit).poll(context).map(|()| None),
    })
    .await
}

/// Waits for a future of the bus; a panic of it, or of what makes it, is an error like any other.
async fn guarded<F: Future>(make: impl FnOnce() -> F) -> Result<F::Output, Error> {
    let panicked = || Error::Backend("the bus panicked");
    let mut future = pin!(catch_unwind(AssertUnwindSafe(make)).map_err(|_| panicked())?);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(polled) => polled.map(Ok),
        Err(_) => Poll::Ready(Err(panicked())),
    })
    .await
}

/// Does something with a cache that is still there, and survives values whose drop panics: one that is invalidated, or
/// any of them if the last handle goes meanwhile.
fn if_there(engine: &Weak<Engine>, work: impl FnOnce(&Engine)) {
    let worked = catch_unwind(AssertUnwindSafe(|| {
        if let Some(engine) = engine.upgrade() {
            work(&engine);
        }
    }));
    if worked.is_err() {
        tracing::error!("a value panicked when it was dropped on the thread of its cache's bus");
    }
}

/// Drops a subscription where that may block and may panic: it may own a runtime, which must not be dropped where tasks
/// run.
fn let_go(receiver: Box<dyn CacheInvalidationReceiver>) {
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(spawn_blocking(move || drop(receiver)))));
    if dropped.is_err() {
        tracing::error!("a subscription that had ended could not be dropped on a thread of its own");
    }
}

/// A subscription that never was.
struct Gone;

#[async_trait::async_trait]
impl CacheInvalidationReceiver for Gone {
    async fn recv(&mut self) -> CacheInvalidationReceive {
        CacheInvalidationReceive::Closed
    }
}
