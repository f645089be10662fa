//! A load in the background takes references to their owned forms, and what is passed by value as it is.

#![deny(warnings)]

use std::path::Path;
use std::sync::Arc;

use hydracache::cached;

#[derive(Clone)]
struct Db(u64);

/// Not `Clone`: it is passed by value.
struct Ticket(u64);

#[cached(ttl = "5m", refresh_ahead = "10%", skip(db))]
async fn borrowed(db: &Db, name: &str, ids: &[u64]) -> u64 {
    db.0 + name.len() as u64 + ids.iter().sum::<u64>()
}

#[cached(ttl = "5m", stale_while_revalidate = "1m", key = "{id}")]
fn blocking(path: &Path, id: u64, text: &String) -> String {
    format!("{}{id}{text}", path.display())
}

#[cached(ttl = "5m", refresh_ahead = "1m", key = "{ticket.0}")]
async fn by_value(ticket: Ticket, shared: Arc<dyn Fn(u64) -> u64 + Send + Sync>) -> u64 {
    shared(ticket.0)
}

#[cached(ttl = "5m", refresh_ahead = "1m")]
fn patterns(&(a, b): &(u64, u64), [c, d]: [u64; 2]) -> u64 {
    a + b + c + d
}

#[cached(ttl = "5m", refresh_ahead = "1m")]
unsafe fn unchecked(id: &u64) -> u64 {
    *id
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((borrowed(&Db(1), "ab", &[1, 2]).await, borrowed::stats().loads), (6, 1));
    assert_eq!(blocking(Path::new("p"), 1, &"t".to_owned()), "p1t");
    assert_eq!(by_value(Ticket(1), Arc::new(|id| id + 1)).await, 2);
    assert_eq!(by_value(Ticket(1), Arc::new(|_| 0)).await, 2);
    assert_eq!((patterns(&(1, 2), [3, 4]), patterns(&(1, 2), [3, 4]), patterns::stats().loads), (10, 10, 1));
    // SAFETY: it asks for nothing.
    assert_eq!(unsafe { unchecked(&5) }, 5);
}
