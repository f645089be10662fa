//! A function whose callers see where a value comes from returns it as `Cached`.

use std::io;

use hydracache::{Cached, Source, cached, cached_impl, invalidates};

#[cached(key = "{id}", tags = |name| [format!("name:{name}")], unless = |name| name.is_empty())]
async fn name(id: u64) -> Result<Cached<String>, io::Error> {
    if id == 0 { Err(io::Error::other("none")) } else { Ok(id.to_string().into()) }
}

#[cached(none = "skip")]
fn plain(id: u64) -> Cached<Option<u64>> {
    Cached::from((id > 0).then_some(id))
}

#[invalidates(name(result.len() as u64))]
async fn write() -> Result<Cached<String>, io::Error> {
    Ok("7".to_owned().into())
}

struct Orders;

#[cached_impl(name = "orders")]
impl Orders {
    #[cached(receiver = skip, ttl = "5m", refresh_ahead = "1m")]
    async fn find(self: std::sync::Arc<Self>, id: u64) -> hydracache::Cached<u64> {
        id.into()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(name(1).await.unwrap().source, Source::Loaded);
    let again = name(1).await.unwrap();
    assert_eq!((again.value.as_str(), again.source), ("1", Source::Hit));
    assert_eq!(name::peek(1).as_deref(), Some("1"), "what is stored is the value alone");
    assert_eq!(name::refresh(1).await.unwrap().source, Source::Loaded);
    assert_eq!(name::get_many([1, 2]).await.unwrap(), ["1", "2"]);
    assert_eq!(name::fetch(1).await.unwrap().source, Source::Hit);
    assert!(name(0).await.is_err());
    assert_eq!((plain(1).source, plain(1).source), (Source::Loaded, Source::Hit));
    assert_eq!((plain(0).source, plain(0).source), (Source::Loaded, Source::Loaded));
    write().await.unwrap();
    assert_eq!(name::peek(1), None);
    let orders = std::sync::Arc::new(Orders);
    assert_eq!((orders.clone().find(1).await.source, orders.find(1).await.source), (Source::Loaded, Source::Hit));
}
