//! Annotated functions, written by hand as an attribute would write them.

use std::future::Future;

use hydracache_runtime::macro_support::{
    Access, Facts, Loaded, Lookup, Outlives, RESULT, Request, Settings, Sharing, Submitted, ValueOnly,
    inventory, lookup,
};
use hydracache_runtime::{CacheChoice, CacheOptions, CallSite};

/// A function of that name and version, which returns numbers.
const fn function(name: &'static str, version: u32) -> CallSite {
    CallSite::new(Facts {
        name,
        version,
        cache: CacheChoice::Default,
        key: "{id}",
        tags: &["users", "user:{id}"],
        ttl: Some("5m"),
        arguments: &["id"],
        value_type: Some(std::any::type_name::<u32>),
        is_async: true,
        memory_only: false,
        has_weight: false,
        refresh: hydracache_runtime::RefreshOptions::new(),
        settings: &[],
        package: "hydracache-it",
        module: module_path!(),
        file: file!(),
        line: line!(),
    })
}

pub(crate) static USERS: CallSite = function("it.users", 0);
pub(crate) static USERS_1: CallSite = function("it.users", 1);
pub(crate) static NEVER_CALLED: CallSite = function("it.never_called", 0);
/// Its name contains what separates segments.
pub(crate) static ODD: CallSite = function("it:odd%", 0);
/// It is not submitted, as if it had been linked in too late.
pub(crate) static UNKNOWN: CallSite = function("it.unknown", 0);

inventory::submit! { Submitted(&USERS_1) }
inventory::submit! { Submitted(&USERS) }
inventory::submit! { Submitted(&ODD) }
inventory::submit! { Submitted(&NEVER_CALLED) }

/// How a function calls its loader.
pub(crate) fn request<E>(site: &'static CallSite, sharing: Sharing<E>) -> Request<u32, E> {
    let options = CacheOptions::new().tag("users");
    let settings = Settings { options, finish: None };
    Request { site, access: Access::encodable(), settings, sharing, anew: false }
}

pub(crate) fn look(site: &'static CallSite, id: &str) -> Lookup<u32> {
    lookup::<u32, ValueOnly>(site, Access::encodable(), None, |key, site| {
        key.push_raw(site.prefix());
        key.push_segment(id);
    })
}

/// Calls a function whose body is `load`.
pub(crate) async fn call<E: 'static>(
    site: &'static CallSite,
    id: &str,
    sharing: Sharing<E>,
    load: impl Future<Output = Result<u32, E>> + Send + 'static,
) -> Result<u32, E> {
    match look(site, id) {
        Lookup::Hit(value) => Ok(value),
        Lookup::Miss(miss) => {
            let request = request(site, sharing);
            let loaded = Outlives.load::<RESULT, Result<u32, E>, _, _>(miss, request, || load).await;
            loaded.map(Loaded::into_value)
        }
    }
}
