//! Listeners: told of each event on a thread of their own, whatever they do there, until they are let go.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread;

use hydracache_runtime::CacheEventKind::{
    Flushed, Hit, LoadStarted, LoadSucceeded, Miss, Removed, Stored, TagInvalidated,
};
use hydracache_runtime::{CacheEvent, CacheEventKind, EventListener, Eviction, HydraCache, ListenerHandle};

use crate::support::{cache, plain, seconds, tagged};

over_both_stores! {
    a_listener_of_mutations_is_told_in_order,
    a_listener_of_accesses_is_told_where_they_are_enabled,
    a_listener_with_a_state_of_its_own_is_told_of_everything,
    a_listener_of_a_view_is_told_within_it,
    a_listener_runs_on_a_thread_of_its_own,
    a_listener_that_panics_is_told_of_the_next_event,
    a_listener_that_blocks_stops_nobody,
    an_unsubscribed_listener_is_told_of_what_was_before,
    a_dropped_handle_ends_its_listener,
    a_dropped_cache_ends_its_listeners,
    a_listener_may_use_the_cache,
    a_listener_that_holds_the_cache_keeps_it_until_it_is_unsubscribed,
    listeners_may_come_and_go_while_others_write,
}

/// The kind of an event, and its key.
type Told = (CacheEventKind, Option<String>);

/// What tells a test of an event, and where the test hears of it. Nothing more is heard once the listener has gone.
fn teller() -> (Sender<Told>, Receiver<Told>) {
    mpsc::channel()
}

fn passing_on(tell: Sender<Told>) -> impl FnMut(&CacheEvent) + Send + 'static {
    move |event| {
        let _ = tell.send((event.kind(), event.key().map(str::to_owned)));
    }
}

/// Everything that the listener is told until it has gone, which must be soon.
fn until_the_end(told: &Receiver<Told>) -> Vec<CacheEventKind> {
    let mut kinds = Vec::new();
    loop {
        match told.recv_timeout(seconds(60)) {
            Ok((kind, _)) => kinds.push(kind),
            Err(RecvTimeoutError::Disconnected) => return kinds,
            Err(RecvTimeoutError::Timeout) => panic!("the listener did not end"),
        }
    }
}

fn next(told: &Receiver<Told>) -> Told {
    told.recv_timeout(seconds(60)).expect("the listener is told soon")
}

async fn a_listener_of_mutations_is_told_in_order(eviction: Eviction) {
    let cache = HydraCache::local().eviction(eviction).enable_access_events(true).build();
    let (tell, told) = teller();
    let listener = cache.on_mutation(passing_on(tell));
    cache.get_or_insert_with("k", plain(), || async { 1_u8 }).await.unwrap();
    cache.get::<u8>("k").await.unwrap();
    cache.remove("k").await.unwrap();
    cache.flush().await.unwrap();
    assert_eq!(next(&told), (Stored, Some("k".to_owned())));
    assert_eq!(next(&told), (Removed, Some("k".to_owned())));
    assert_eq!(next(&told), (Flushed, None));
    listener.unsubscribe();
    assert_eq!(until_the_end(&told), []);
}

async fn a_listener_of_accesses_is_told_where_they_are_enabled(eviction: Eviction) {
    for enabled in [true, false] {
        let builder = HydraCache::local().eviction(eviction).enable_access_events(enabled);
        let cache = builder.build();
        let (tell, told) = teller();
        let listener = cache.on_access(passing_on(tell));
        cache.get_or_insert_with("k", plain(), || async { 1_u8 }).await.unwrap();
        cache.get::<u8>("k").await.unwrap();
        cache.remove("k").await.unwrap();
        listener.unsubscribe();
        let expected = [Miss, LoadStarted, LoadSucceeded, Hit];
        assert_eq!(until_the_end(&told), if enabled { &expected[..] } else { &[] });
    }
}

#[derive(Debug, Default)]
struct Tally(Arc<Mutex<HashMap<CacheEventKind, u64>>>);

impl EventListener for Tally {
    fn on_event(&mut self, event: &CacheEvent) {
        *self.0.lock().unwrap().entry(event.kind()).or_default() += 1;
    }
}

async fn a_listener_with_a_state_of_its_own_is_told_of_everything(eviction: Eviction) {
    let cache = HydraCache::local().eviction(eviction).enable_access_events(true).build();
    let tally = Tally::default();
    let counts = Arc::clone(&tally.0);
    let listener = cache.add_listener(tally);
    for n in 0..5_u8 {
        cache.put("k", n, plain()).await.unwrap();
        cache.get::<u8>("k").await.unwrap();
    }
    cache.invalidate_tag("t").await.unwrap();
    listener.unsubscribe();
    // The listener is dropped when it was told of everything, and its share of the counts with it.
    while Arc::strong_count(&counts) > 1 {
        thread::yield_now();
    }
    assert_eq!(*counts.lock().unwrap(), HashMap::from([(Stored, 5), (Hit, 5), (TagInvalidated, 1)]));
}

async fn a_listener_of_a_view_is_told_within_it(eviction: Eviction) {
    let cache = HydraCache::local().eviction(eviction).enable_access_events(true).build();
    let view = cache.typed::<u8>("v");
    let (channels, listeners): (Vec<_>, Vec<ListenerHandle>) = {
        let ((a, of_a), (b, of_b), (c, of_c)) = (teller(), teller(), teller());
        let handles = vec![
            view.add_listener(passing_on(a)),
            view.on_mutation(passing_on(b)),
            view.on_access(passing_on(c)),
        ];
        (vec![of_a, of_b, of_c], handles)
    };
    cache.put("w:k", 1_u8, plain()).await.unwrap();
    cache.get::<u8>("k").await.unwrap();
    view.put("k", 1, plain()).await.unwrap();
    view.get("k").await.unwrap();
    drop(listeners);
    let told: Vec<_> = channels.iter().map(until_the_end).collect();
    assert_eq!(told, [vec![Stored, Hit], vec![Stored], vec![Hit]]);
}

async fn a_listener_runs_on_a_thread_of_its_own(eviction: Eviction) {
    let cache = cache(eviction);
    let (tell, told) = mpsc::channel();
    let _first = cache.on_mutation({
        let tell = tell.clone();
        move |_| tell.send(thread::current().id()).unwrap()
    });
    let _second = cache.on_mutation(move |_| tell.send(thread::current().id()).unwrap());
    cache.put("k", 1_u8, plain()).await.unwrap();
    let one = told.recv_timeout(seconds(60)).unwrap();
    let other = told.recv_timeout(seconds(60)).unwrap();
    assert!(one != other && one != thread::current().id() && other != thread::current().id());
}

async fn a_listener_that_panics_is_told_of_the_next_event(eviction: Eviction) {
    let cache = cache(eviction);
    let (tell, told) = mpsc::channel();
    let listener = cache.on_mutation(move |event| {
        let key = event.key().unwrap().to_owned();
        assert_ne!(key, "bad", "this one was to be refused");
        tell.send(key).unwrap();
    });
    for key in ["a", "bad", "b", "bad", "bad", "c"] {
        cache.put(key, 1_u8, plain()).await.unwrap();
    }
    listener.unsubscribe();
    assert_eq!(told.iter().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(cache.get::<u8>("bad").await.unwrap(), Some(1));
}

async fn a_listener_that_blocks_stops_nobody(eviction: Eviction) {
    let cache = HydraCache::local().eviction(eviction).event_buffer_capacity(16).build();
    let (enter, entered) = mpsc::channel();
    let (leave, may_leave) = mpsc::channel::<()>();
    let listener = cache.on_mutation(move |event| {
        enter.send(event.key().unwrap().to_owned()).unwrap();
        let _ = may_leave.recv();
    });
    let (tell, told) = teller();
    let other = cache.on_mutation(passing_on(tell));
    cache.put("first", 0_u32, plain()).await.unwrap();
    assert_eq!(entered.recv_timeout(seconds(60)).unwrap(), "first");
    assert_eq!(next(&told).1.as_deref(), Some("first"));
    for n in 0..100_u32 {
        cache.put(n.to_string(), n, tagged("t")).await.unwrap();
        assert_eq!(next(&told).1, Some(n.to_string()), "the other listener is told at once");
    }
    cache.invalidate_tag("t").await.unwrap();
    assert_eq!(cache.get::<u32>("1").await.unwrap(), None);
    drop(leave);
    listener.unsubscribe();
    other.unsubscribe();
}

async fn an_unsubscribed_listener_is_told_of_what_was_before(eviction: Eviction) {
    let cache = cache(eviction);
    let (tell, told) = teller();
    let (leave, may_leave) = mpsc::channel::<()>();
    let mut pass = passing_on(tell);
    let listener = cache.on_mutation(move |event| {
        let _ = may_leave.recv();
        pass(event);
    });
    for n in 0..50_u8 {
        cache.put(n.to_string(), n, plain()).await.unwrap();
    }
    // The first event is still being told; nobody waits for that.
    listener.unsubscribe();
    cache.put("after", 1_u8, plain()).await.unwrap();
    drop(leave);
    let keys: Vec<_> = told.iter().map(|(_, key)| key.unwrap()).collect();
    assert_eq!(keys, (0..50).map(|n| n.to_string()).collect::<Vec<_>>());
}

async fn a_dropped_handle_ends_its_listener(eviction: Eviction) {
    let cache = cache(eviction);
    let (tell, told) = teller();
    drop(cache.on_mutation(passing_on(tell)));
    cache.put("k", 1_u8, plain()).await.unwrap();
    assert_eq!(until_the_end(&told), []);
    assert_eq!(cache.stats().events_published, 0, "nobody listens any more");
}

async fn a_dropped_cache_ends_its_listeners(eviction: Eviction) {
    let cache = cache(eviction);
    let (tell, told) = teller();
    let listener = cache.on_mutation(passing_on(tell));
    cache.put("k", 1_u8, plain()).await.unwrap();
    drop(cache);
    assert_eq!(until_the_end(&told), [Stored]);
    drop(listener);
}

async fn a_listener_may_use_the_cache(eviction: Eviction) {
    let cache = cache(eviction);
    let (tell, told) = teller();
    let mut pass = passing_on(tell);
    let listener = cache.on_mutation({
        let cache = cache.clone();
        move |event| {
            if let (Stored, Some("source")) = (event.kind(), event.key()) {
                let value = cache.peek::<u8>("source").unwrap().unwrap();
                cache.put("copy", value + 1, plain()).fire();
                cache.remove("other").fire();
            }
            pass(event);
        }
    });
    cache.put("other", 9_u8, plain()).await.unwrap();
    cache.put("source", 1_u8, plain()).await.unwrap();
    assert_eq!(next(&told), (Stored, Some("other".to_owned())));
    assert_eq!(next(&told), (Stored, Some("source".to_owned())));
    assert_eq!(next(&told), (Stored, Some("copy".to_owned())), "it is told of what it does itself");
    assert_eq!(next(&told), (Removed, Some("other".to_owned())));
    assert_eq!(cache.get::<u8>("copy").await.unwrap(), Some(2));
    listener.unsubscribe();
}

async fn a_listener_that_holds_the_cache_keeps_it_until_it_is_unsubscribed(eviction: Eviction) {
    let cache = cache(eviction);
    let mut events = cache.subscribe();
    let listener = cache.on_mutation({
        let cache = cache.clone();
        move |_| assert_eq!(cache.stats().flushes, 0)
    });
    drop(cache);
    assert!(events.try_recv().unwrap().is_none(), "the cache is still there");
    listener.unsubscribe();
    assert!(crate::support::soon(events.next_event()).await.is_none());
}

async fn listeners_may_come_and_go_while_others_write(eviction: Eviction) {
    let cache = cache(eviction);
    let heard = Arc::new(AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0..5_000_u32 {
                cache.put((n % 10).to_string(), n, plain()).fire();
            }
        });
        for _ in 0..100 {
            let heard = Arc::clone(&heard);
            let (tell, told) = mpsc::channel();
            let listener = cache.on_mutation(move |event| {
                heard.fetch_add(1, Ordering::Relaxed);
                let _ = tell.send(event.sequence());
            });
            cache.put("seen", 1_u8, plain()).fire();
            listener.unsubscribe();
            let sequences: Vec<u64> = told.iter().collect();
            assert!(!sequences.is_empty() && sequences.is_sorted_by(|one, other| one < other));
        }
    });
    assert!(heard.load(Ordering::Relaxed) >= 100);
}
