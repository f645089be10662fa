//! No name of an argument or of a type is in the way of the expansion.

#![deny(warnings)]

use hydracache::cached;

#[cached(
    key = (key, value, cache, options, miss, draft),
    tags = ["key:{key}", "value:{value}"],
    ttl = |value| std::time::Duration::from_secs(*value),
    weight = |draft| u32::try_from(*draft).unwrap_or(u32::MAX)
)]
async fn get(key: u64, value: u64, cache: u64, options: u64, miss: u64, draft: u64) -> Result<u64, String> {
    Ok(key + value + cache + options + miss + draft)
}

#[cached(tags = ["{__key}:{__value}"], ttl = std::time::Duration::from_secs(__site))]
fn locals(
    __key: u64,
    __value: u64,
    __site: u64,
    __miss: u64,
    __request: u64,
    __loader: u64,
    __probe: u64,
) -> u64 {
    __key + __value + __site + __miss + __request + __loader + __probe
}

#[cached(name = "patterns", key = "{__draft}:{__settings}")]
fn patterns((__draft, __settings): (u64, u64), __hydracache_argument_1: u64) -> u64 {
    __draft + __settings + __hydracache_argument_1
}

/// Names of the prelude that mean something else here.
mod shadows {
    #[derive(Clone, serde::Serialize, serde::Deserialize)]
    pub(crate) struct Option(u64);
    #[derive(Clone, serde::Serialize, serde::Deserialize)]
    pub(crate) struct Some(u64);
    pub(crate) struct Vec;
    pub(crate) struct String;
    pub(crate) struct Ok;
    pub(crate) mod core {}
    pub(crate) mod std {}

    #[hydracache::cached(skip(vec, string, ok), tags = ["tag:{id}"], ttl = "5m")]
    pub(crate) fn get(id: u64, vec: Vec, string: String, ok: Ok) -> (Option, Some) {
        let _ = (vec, string, ok);
        (Option(id), Some(id))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((get(1, 2, 3, 4, 5, 6).await, get(1, 2, 3, 4, 5, 6).await), (Ok(21), Ok(21)));
    assert_eq!(get::stats().loads, 1);
    assert_eq!(
        (locals(1, 2, 3, 4, 5, 6, 7), locals(1, 2, 3, 4, 5, 6, 7), locals::stats().loads),
        (28, 28, 1)
    );
    assert_eq!((patterns((1, 2), 3), patterns((1, 2), 4), patterns::stats().loads), (6, 6, 1));
    shadows::get(1, shadows::Vec, shadows::String, shadows::Ok);
    shadows::get(1, shadows::Vec, shadows::String, shadows::Ok);
    assert_eq!(shadows::get::stats().loads, 1);
}
