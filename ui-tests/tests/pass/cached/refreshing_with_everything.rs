//! All keys about old values, slow loads and failures at once.

#![deny(warnings)]

use hydracache::{LoadError, Runtime, cached};

#[derive(Clone, Debug, PartialEq)]
struct Failure(String);

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self(error.to_string())
    }
}

#[cached(
    name = "everything",
    ttl = "5m",
    idle = "1h",
    jitter = "50%",
    refresh_ahead = "99%",
    stale_while_revalidate = "1m",
    stale_on_error = "1h",
    retry_after = "2s",
    soft_timeout = "100ms",
    load_timeout = "5s",
    wait_timeout = "10s",
    when = id > 0,
    enabled = cfg!(not(miri)),
    unless = |value| value.is_some_and(|value| value > 100),
    none = "10s",
    errors = "1s",
    share_error = Clone::clone,
)]
async fn everything(id: u64) -> Result<Option<u64>, Failure> {
    match id {
        7 => Err(Failure("seven".to_owned())),
        8 => Ok(None),
        _ => Ok(Some(id)),
    }
}

#[cached(ttl = "5m", stale_on_error = "1h", adopt = false, single_flight = false, errors = "skip", none = "cache")]
async fn alone(id: u64) -> Result<Option<u64>, Failure> {
    Ok(Some(id))
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let runtime = Runtime::builder().build().unwrap();
    let calls = async {
        assert_eq!((everything(1).await, everything(1).await), (Ok(Some(1)), Ok(Some(1))));
        assert_eq!(everything(8).await, everything(8).await);
        assert_eq!((everything(101).await, everything::peek(101)), (Ok(Some(101)), None));
        assert_eq!((everything(0).await, everything::peek(0)), (Ok(Some(0)), None));
        assert_eq!((everything(7).await, everything(7).await), (everything(7).await, everything(7).await));
        assert_eq!((alone(1).await, alone(1).await, alone::stats().loads), (Ok(Some(1)), Ok(Some(1)), 1));
    };
    runtime.scope(calls).await;
    let site = runtime.registry().function("everything").unwrap();
    assert_eq!(site.ttl(), Some("5m"));
}
