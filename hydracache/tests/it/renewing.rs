//! Keys of the attribute about time, decisions and errors: what they do, on each shape of function.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hydracache::testing::ManualClock;
use hydracache::{HydraCache, LoadError, Runtime, Source, cached};

use crate::support::runtime_over;

/// Runs a test in a runtime whose cache tells the time by the clock.
async fn timed<F: Future>(test: impl FnOnce(ManualClock) -> F) -> F::Output {
    let clock = ManualClock::new();
    let cache = HydraCache::local().clock(clock.clone()).build();
    runtime_over(cache).scope(test(clock)).await
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Lets what was spawned run until nothing happens any more.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// A source that counts its readings and fails when it is told to.
#[derive(Debug, Clone, Default)]
struct Rates {
    state: Arc<(AtomicU64, AtomicU64)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Down;

impl Rates {
    fn read(&self) -> Result<u64, Down> {
        let reading = self.state.0.fetch_add(1, Ordering::SeqCst) + 1;
        if self.state.1.load(Ordering::SeqCst) == 0 { Ok(reading) } else { Err(Down) }
    }

    fn fail(&self, fails: bool) {
        self.state.1.store(u64::from(fails), Ordering::SeqCst);
    }

    fn readings(&self) -> u64 {
        self.state.0.load(Ordering::SeqCst)
    }

    #[cached(
        name = "renewing.of", receiver = skip, ttl = "10s", refresh_ahead = "20%", stale_while_revalidate = "20s",
        stale_on_error = "1h"
    )]
    async fn of(&self, currency: &str) -> Result<u64, Down> {
        let _ = currency;
        self.read()
    }
}

#[cached(name = "renewing.free", key = "{currency}", ttl = "10s", refresh_ahead = "2s")]
async fn free(rates: &Rates, currency: &str) -> u64 {
    let _ = currency;
    rates.read().unwrap()
}

#[cached(name = "renewing.owned", skip(rates), ttl = "10s", stale_while_revalidate = "20s")]
async fn owned(rates: Rates, currency: String) -> u64 {
    let _ = currency;
    rates.read().unwrap()
}

#[tokio::test]
async fn a_hit_near_the_end_refreshes_in_the_background_with_borrowed_arguments() {
    timed(|clock| async move {
        let rates = Rates::default();
        assert_eq!(free(&rates, "EUR").await, 1);
        clock.advance(seconds(8));
        assert_eq!(free(&rates, &String::from("EUR")).await, 1, "the old value is handed out");
        settle().await;
        assert_eq!(rates.readings(), 2);
        assert_eq!(free(&rates, "EUR").await, 2);
        assert_eq!(free::stats().refreshes, 1);
    })
    .await;
}

#[tokio::test]
async fn a_method_refreshes_with_a_clone_of_its_receiver() {
    timed(|clock| async move {
        let rates = Rates::default();
        assert_eq!(rates.of("EUR").await, Ok(1));
        clock.advance(seconds(7));
        assert_eq!(rates.of("EUR").await, Ok(1));
        settle().await;
        assert_eq!(rates.readings(), 1, "twenty percent of ten seconds have not begun");
        clock.advance(seconds(1));
        assert_eq!(rates.of("EUR").await, Ok(1));
        settle().await;
        assert_eq!(rates.of("EUR").await, Ok(2));
    })
    .await;
}

#[tokio::test]
async fn an_old_value_is_handed_out_while_it_is_loaded_and_when_that_fails() {
    timed(|clock| async move {
        let rates = Rates::default();
        assert_eq!(rates.of("EUR").await, Ok(1));
        clock.advance(seconds(15));
        rates.fail(true);
        assert_eq!(rates.of("EUR").await, Ok(1));
        settle().await;
        assert_eq!(rates.readings(), 2, "it was tried");
        clock.advance(seconds(60));
        assert_eq!(rates.of("EUR").await, Ok(1), "past the window of revalidation, within that of errors");
        clock.advance(seconds(3_600));
        assert_eq!(rates.of("EUR").await, Err(Down));
    })
    .await;
}

#[tokio::test]
async fn arguments_by_value_move_into_the_refresh() {
    timed(|clock| async move {
        let rates = Rates::default();
        assert_eq!(owned(rates.clone(), "EUR".to_owned()).await, 1);
        clock.advance(seconds(11));
        let found = owned::fetch(rates.clone(), "EUR".to_owned()).await;
        assert_eq!((found.value, found.source, found.age), (1, Source::Stale, seconds(11)));
        settle().await;
        assert_eq!(owned(rates, "EUR".to_owned()).await, 2);
    })
    .await;
}

#[cached(name = "renewing.blocking", key = "{currency}", ttl = "10s", refresh_ahead = "2s")]
fn blocking(rates: &Rates, done: &std::sync::mpsc::SyncSender<u64>, currency: &str) -> u64 {
    let _ = currency;
    let rate = rates.read().unwrap();
    let _ = done.send(rate);
    rate
}

#[test]
fn a_blocking_function_refreshes_on_a_thread_where_there_is_no_runtime() {
    let clock = ManualClock::new();
    let cache = HydraCache::local().clock(clock.clone()).build();
    let mut stored = cache.subscribe_mutations();
    runtime_over(cache).sync_scope(|| {
        let (done, told) = std::sync::mpsc::sync_channel(8);
        let rates = Rates::default();
        assert_eq!(blocking(&rates, &done, "EUR"), 1);
        clock.advance(seconds(9));
        assert_eq!(blocking(&rates, &done, "EUR"), 1);
        assert_eq!([told.recv(), told.recv()], [Ok(1), Ok(2)]);
        stored.recv_blocking().unwrap();
        stored.recv_blocking().unwrap();
        assert_eq!(blocking(&rates, &done, "EUR"), 2);
    });
}

#[cached(name = "renewing.decided", skip(rates), when = id > 0, enabled = rates.readings() < 4, unless = |rate| *rate == 2)]
async fn decided(rates: &Rates, id: i64) -> u64 {
    rates.read().unwrap()
}

#[tokio::test]
async fn conditions_decide_what_is_looked_up_and_what_is_stored() {
    timed(|_| async move {
        let rates = Rates::default();
        assert_eq!(decided(&rates, 0).await, 1, "not a call for the cache");
        assert_eq!(decided::stats().bypassed, 1);
        assert_eq!(decided(&rates, 1).await, 2);
        assert_eq!(decided(&rates, 1).await, 3, "the value before was not to be stored");
        assert_eq!(decided(&rates, 1).await, 3);
        assert_eq!(decided(&rates, 2).await, 4);
        assert_eq!(decided(&rates, 1).await, 5, "it is switched off now");
    })
    .await;
}

#[cached(name = "renewing.absent", skip(rates), ttl = "1h", none = "5s")]
async fn absent(rates: &Rates, id: u64) -> Option<u64> {
    rates.read().ok().filter(|reading| *reading > id)
}

#[cached(name = "renewing.never_absent", skip(rates), none = "skip")]
async fn never_absent(rates: &Rates, id: u64) -> Result<Option<u64>, Down> {
    rates.read().map(|reading| Some(reading).filter(|reading| *reading > id))
}

#[tokio::test]
async fn what_is_absent_has_a_life_of_its_own_or_none() {
    timed(|clock| async move {
        let rates = Rates::default();
        assert_eq!((absent(&rates, 1).await, absent(&rates, 1).await), (None, None));
        assert_eq!(rates.readings(), 1);
        clock.advance(seconds(5));
        assert_eq!(absent(&rates, 1).await, Some(2));
        clock.advance(seconds(60));
        assert_eq!(absent(&rates, 1).await, Some(2));

        assert_eq!(never_absent(&rates, 3).await, Ok(None));
        assert_eq!(never_absent(&rates, 3).await, Ok(Some(4)));
        assert_eq!(never_absent(&rates, 3).await, Ok(Some(4)));
    })
    .await;
}

#[cached(name = "renewing.remembered", skip(rates), errors = "5s")]
async fn remembered(rates: &Rates, id: u64) -> Result<u64, Down> {
    rates.read()
}

#[tokio::test]
async fn an_error_is_remembered_as_long_as_it_is_said() {
    timed(|clock| async move {
        let rates = Rates::default();
        rates.fail(true);
        assert_eq!(remembered(&rates, 1).await, Err(Down));
        rates.fail(false);
        assert_eq!(remembered(&rates, 1).await, Err(Down));
        assert_eq!((rates.readings(), remembered::peek(1)), (1, None));
        clock.advance(seconds(5));
        assert_eq!(remembered(&rates, 1).await, Ok(2));
    })
    .await;
}

#[cached(name = "renewing.idle", skip(rates), idle = "10s", jitter = "10%", ttl = "100s")]
async fn idle(rates: &Rates, id: u64) -> u64 {
    rates.read().unwrap()
}

#[tokio::test]
async fn a_value_that_nobody_uses_ends_and_jitter_only_shortens() {
    timed(|clock| async move {
        let rates = Rates::default();
        for _ in 0..9 {
            assert_eq!(idle(&rates, 1).await, 1);
            clock.advance(seconds(9));
        }
        clock.advance(seconds(1));
        assert_eq!(idle(&rates, 1).await, 2, "ten seconds without a reader");
        assert_eq!(idle::SITE.settings(), [("idle", "10s"), ("jitter", "10%")]);
    })
    .await;
}

#[derive(Debug, PartialEq, Eq)]
enum Failed {
    Slow(String),
}

impl From<LoadError> for Failed {
    fn from(error: LoadError) -> Self {
        Self::Slow(error.to_string())
    }
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

#[cached(name = "renewing.limited", skip(gate), load_timeout = "5s", single_flight = false)]
async fn limited(gate: Arc<tokio::sync::Notify>, id: u64) -> Result<u64, Failed> {
    gate.notified().await;
    Ok(id)
}

#[tokio::test]
async fn a_load_that_takes_too_long_ends_in_the_users_error() {
    timed(|clock| async move {
        let gate = Arc::new(tokio::sync::Notify::new());
        let call = tokio::spawn(Runtime::current().scope(limited(Arc::clone(&gate), 1)));
        settle().await;
        clock.advance(seconds(5));
        let Failed::Slow(text) = call.await.unwrap().unwrap_err();
        assert!(text.contains("longer than its limit of 5s"), "{text}");
        assert_eq!(limited::stats().load_timeouts, 1);
    })
    .await;
}

#[derive(Debug, PartialEq, Eq)]
struct NotClone(u32);

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the attribute passes errors by reference")]
fn copy_error(error: &NotClone) -> NotClone {
    NotClone(error.0)
}

#[cached(name = "renewing.copied", skip(gate), share_error = copy_error, errors = "1m", adopt = false)]
async fn copied(gate: Arc<tokio::sync::Notify>, id: u32) -> Result<u64, NotClone> {
    gate.notified().await;
    Err(NotClone(id))
}

#[tokio::test]
async fn an_error_is_copied_as_the_attribute_says() {
    timed(|_| async move {
        let gate = Arc::new(tokio::sync::Notify::new());
        let call = || tokio::spawn(Runtime::current().scope(copied(Arc::clone(&gate), 7)));
        let (first, second) = (call(), call());
        settle().await;
        gate.notify_one();
        assert_eq!(first.await.unwrap(), Err(NotClone(7)));
        assert_eq!(second.await.unwrap(), Err(NotClone(7)));
        assert_eq!(copied(gate, 7).await, Err(NotClone(7)), "remembered");
        assert_eq!(copied::stats().loads, 1);
    })
    .await;
}

fn tag_of(currency: &str) -> String {
    format!("rate:{currency}")
}

#[cached(name = "renewing.tagged", key = "{currency}", tags = [tag_of(currency)], ttl = "10s", refresh_ahead = "2s")]
async fn tagged(rates: &Rates, currency: &str) -> u64 {
    let _ = currency;
    rates.read().unwrap()
}

#[tokio::test]
async fn expressions_of_the_attribute_are_about_the_arguments_as_they_were_passed() {
    timed(|clock| async move {
        let rates = Rates::default();
        tagged(&rates, "EUR").await;
        clock.advance(seconds(9));
        tagged(&rates, "EUR").await;
        settle().await;
        Runtime::current().default_cache().invalidate_tag("rate:EUR").await.unwrap();
        assert_eq!(tagged::peek("EUR"), None, "what was refreshed carries the tag as well");
    })
    .await;
}
