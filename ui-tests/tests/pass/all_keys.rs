//! Every key at once, with a comma after the last, and none at all.

#![deny(warnings)]

use hydracache::{HydraCache, Runtime, cached};

#[cached(
    name = "all.keys",
    skip(trace),
    tags = ["users", "user:{id}",],
    ttl = "1h 30m",
    weight = |value| value.len() as u32,
    cache = "sessions",
    version = 0x2,
    returns = "result",
    handle = entries,
    crate = ::hydracache,
)]
async fn get(id: u64, trace: bool) -> Result<String, String> {
    let _ = trace;
    Ok(id.to_string())
}

#[cached()]
fn none() -> u64 {
    1
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let sessions = HydraCache::local().name("sessions").build();
    let runtime = Runtime::builder().named("sessions", sessions.clone()).build().unwrap();
    runtime
        .scope(async {
            assert_eq!((get(1, true).await, get(1, false).await), (Ok("1".into()), Ok("1".into())));
            assert_eq!((none(), none(), none::stats().loads), (1, 1, 1));
        })
        .await;
    assert_eq!((entries::key(1).as_str(), sessions.stats().hits), ("all.keys@2:1", 1));
    let site = runtime.registry().function("all.keys").unwrap();
    assert_eq!((site.key_template(), site.ttl(), site.version()), ("{id}", Some("1h 30m"), 2));
    assert_eq!(site.tag_templates(), ["users", "user:{id}"]);
    assert_eq!(site.arguments(), ["id", "trace"]);
}
