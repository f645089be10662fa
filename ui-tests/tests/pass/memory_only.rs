//! A value that never leaves the process needs no byte form.

#![deny(warnings)]

use std::sync::Arc;

use hydracache::cached;

trait Greeter: Send + Sync {
    fn greet(&self) -> String;
}

struct Polite(String);

impl Greeter for Polite {
    fn greet(&self) -> String {
        format!("good day, {}", self.0)
    }
}

#[cached(memory_only)]
fn greeter(name: &str) -> Arc<dyn Greeter> {
    Arc::new(Polite(name.to_owned()))
}

#[cached(memory_only, weight = |_| 1)]
async fn callback(n: u64) -> Result<Arc<dyn Fn(&u64) -> u64 + Send + Sync>, String> {
    Ok(Arc::new(move |m| n + *m))
}

#[cached(memory_only)]
fn forever(id: u64) -> &'static str {
    if id == 0 { "none" } else { "some" }
}

#[cached]
fn failing_forever(id: u64) -> Result<u64, &'static str> {
    if id == 0 { Err("zero") } else { Ok(id) }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (one, two) = (greeter("Ada"), greeter("Ada"));
    assert!(Arc::ptr_eq(&one, &two));
    assert_eq!(one.greet(), "good day, Ada");
    assert_eq!(callback(1).await.map(|add| add(&2)), Ok(3));
    assert_eq!((forever(1), forever(1), forever::stats().loads), ("some", "some", 1));
    assert_eq!((failing_forever(0), failing_forever(1)), (Err("zero"), Ok(1)));
}
