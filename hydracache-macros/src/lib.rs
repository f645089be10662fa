//! The attributes of HydraCache: syntax in, tokens out.
//!
//! Use them through the `hydracache` crate, whose documentation explains them; generated code names that crate and
//! nothing else. Everything an attribute does at run time is one call into the runtime that a person could have
//! written by hand: this crate knows no time arithmetic and no locks.

mod cacheable;
mod cached;
mod cached_defaults;
mod cached_impl;
mod crate_path;
mod defaults;
mod diagnostics;
mod duration;
mod entity;
#[cfg(test)]
mod golden;
mod key_segment;
mod parts;
mod policy;
mod template;
mod time;
mod write;

use proc_macro::TokenStream;

#[doc = include_str!("docs/cached.md")]
#[proc_macro_attribute]
pub fn cached(attribute: TokenStream, item: TokenStream) -> TokenStream {
    cached::expand(attribute.into(), item.into()).into()
}

#[doc = include_str!("docs/cached_impl.md")]
#[proc_macro_attribute]
pub fn cached_impl(attribute: TokenStream, item: TokenStream) -> TokenStream {
    cached_impl::expand(attribute.into(), item.into()).into()
}

#[doc = include_str!("docs/invalidates.md")]
#[proc_macro_attribute]
pub fn invalidates(attribute: TokenStream, item: TokenStream) -> TokenStream {
    write::invalidates(attribute.into(), item.into()).into()
}

#[doc = include_str!("docs/cache_put.md")]
#[proc_macro_attribute]
pub fn cache_put(attribute: TokenStream, item: TokenStream) -> TokenStream {
    write::cache_put(attribute.into(), item.into()).into()
}

/// Lets a type stand in keys and tags, as one segment.
///
/// A struct with one field is written as that field, another as all of its fields; an enum as the name of the variant and its
/// fields. Each field must be able to stand in a key itself. Values that differ are written differently; a renamed variant
/// is another one.
///
/// ```ignore
/// #[derive(Clone, Copy, KeySegment)]
/// struct UserId(u64);
///
/// #[derive(KeySegment)]
/// enum Scope { Public, Team { id: u64, region: String } }
/// ```
#[proc_macro_derive(KeySegment)]
pub fn key_segment(item: TokenStream) -> TokenStream {
    key_segment::expand(item.into()).into()
}

#[doc = include_str!("docs/entity.md")]
#[proc_macro_derive(HydraCacheEntity, attributes(hydracache))]
pub fn hydracache_entity(item: TokenStream) -> TokenStream {
    entity::expand(item.into()).into()
}

/// Says what holds for all cached functions of a module, and of the modules in it, that say nothing else themselves.
///
/// Keys: `ttl` (a text, `"5m"`) and `cache` (the name of a cache). The innermost module that says something is heard. Tags
/// that `#[invalidates]` names in the module are invalidated in its cache. It goes where items go, once in a module; a
/// second one is an error at start-up.
///
/// ```ignore
/// mod reports {
///     hydracache::cached_defaults! { ttl = "1h", cache = "reports" }
///
///     #[hydracache::cached]
///     pub async fn yearly(year: u32) -> String { .. }
/// }
/// ```
///
/// Keys that count from the end of a time to live, such as `refresh_ahead`, need a `ttl` beside them.
#[proc_macro]
pub fn cached_defaults(tokens: TokenStream) -> TokenStream {
    cached_defaults::expand(tokens.into()).into()
}

/// Returns the value of a key, loading it if it is not there; a list of keys instead of a chain of calls.
///
/// Keys: `cache`, `key`, `load` (needed), `ttl` (`"5m"` or a `Duration`), `ttl_secs`, `tag` (any number of times),
/// `tags` (a list or a `TagSet`), `options` (a `CacheOptions` to begin with). It expands to
/// `HydraCache::get_or_load` and returns its future.
///
/// ```ignore
/// let profile = cacheable!(
///     cache = cache,
///     key = "profile:42",
///     tags = ["profiles", "profile:42"],
///     ttl = "60s",
///     load = move || async move { load_profile(42).await },
/// )
/// .await?;
/// ```
#[proc_macro]
pub fn cacheable(tokens: TokenStream) -> TokenStream {
    cacheable::expand(tokens.into(), "get_or_load").into()
}

/// As [`cacheable!`], for a loader that cannot fail. It expands to `HydraCache::get_or_insert_with`.
#[proc_macro]
pub fn cacheable_infallible(tokens: TokenStream) -> TokenStream {
    cacheable::expand(tokens.into(), "get_or_insert_with").into()
}

#[doc = include_str!("docs/query_cache_policy.md")]
#[proc_macro]
pub fn query_cache_policy(tokens: TokenStream) -> TokenStream {
    policy::expand(tokens.into(), policy::Kind::Query).into()
}

#[doc = include_str!("docs/prepared_query_policy.md")]
#[proc_macro]
pub fn prepared_query_policy(tokens: TokenStream) -> TokenStream {
    policy::expand(tokens.into(), policy::Kind::Prepared).into()
}
