//! Type parameters, constants and `where` go with every key.

#![deny(warnings)]

use hydracache::{KeySegment, LoadError, cached};

type Loaded<T> = Result<T, LoadError>;

#[cached(ttl = "5m", refresh_ahead = "10%", stale_on_error = "1h", unless = |value| value.is_empty())]
fn shown<T, const N: usize>(id: T) -> Result<String, String>
where
    T: KeySegment + Clone + ToString + Send + 'static,
{
    Ok(id.to_string().repeat(N))
}

#[cached(ttl = "5m", load_timeout = "5s", none = "skip", errors = "1s")]
async fn aliased(id: u64) -> Loaded<Option<u64>> {
    Ok(id.checked_sub(1))
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((shown::<_, 2>(5_u64), shown::<_, 3>(5_u64)), (Ok("55".to_owned()), Ok("555".to_owned())));
    assert_eq!(shown::stats().loads, 2);
    assert_eq!((aliased(0).await.unwrap(), aliased::peek(0)), (None, None));
    assert_eq!((aliased(2).await.unwrap(), aliased::peek(2)), (Some(1), Some(Some(1))));
}
