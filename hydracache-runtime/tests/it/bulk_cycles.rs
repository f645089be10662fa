//! Bulk loaders that ask the cache: for other keys as they like, for their own with an error that names the chain.

use hydracache_runtime::{Error, ErrorKind, Eviction};

use crate::bulk_desk::rows;
use crate::support::{cache, plain};

over_both_stores! {
    a_loader_that_asks_for_one_of_its_own_keys_is_an_error,
    a_loader_that_asks_for_its_own_keys_in_bulk_is_an_error,
    a_loader_that_asks_for_other_keys_is_no_error,
}

/// The error of the cache at the bottom of errors of loaders that passed it on.
fn root(error: &Error) -> &Error {
    error.downcast_ref::<Error>().map_or(error, root)
}

async fn a_loader_that_asks_for_one_of_its_own_keys_is_an_error(eviction: Eviction) {
    for own in ["a", "b", "c"] {
        let cache = cache(eviction);
        let loader = |missing: Vec<&'static str>| {
            let inner = cache.clone();
            async move {
                inner.get_or_load(own, plain(), || async { Ok::<_, Error>(1_u32) }).await?;
                Ok::<_, Error>(rows(missing))
            }
        };
        let error = cache.get_many_or_load(["a", "b", "c"], plain(), loader).await.unwrap_err();
        let cycle = root(&error);
        assert_eq!(cycle.kind(), ErrorKind::LoadCycle, "`{own}`: {error:?}");
        assert!(cycle.to_string().contains(own), "`{own}` is not named: {cycle}");
        assert!(!cache.contains_key("a").await);
    }
}

async fn a_loader_that_asks_for_its_own_keys_in_bulk_is_an_error(eviction: Eviction) {
    let cache = cache(eviction);
    let loader = |missing: Vec<&'static str>| {
        let inner = cache.clone();
        async move {
            let again = async |missing| Ok::<_, Error>(rows(missing));
            inner.get_many_or_load(["z", "b"], plain(), again).await?;
            Ok::<_, Error>(rows(missing))
        }
    };
    let error = cache.get_many_or_load(["a", "b"], plain(), loader).await.unwrap_err();
    assert_eq!(root(&error).kind(), ErrorKind::LoadCycle, "{error:?}");
}

async fn a_loader_that_asks_for_other_keys_is_no_error(eviction: Eviction) {
    let cache = cache(eviction);
    let loader = |missing: Vec<&'static str>| {
        let inner = cache.clone();
        async move {
            inner.get_or_load("z", plain(), || async { Ok::<_, Error>(1_u32) }).await?;
            let more = async |missing| Ok::<_, Error>(rows(missing));
            inner.get_many_or_load(["x", "y"], plain(), more).await?;
            Ok::<_, Error>(rows(missing))
        }
    };
    assert_eq!(cache.get_many_or_load(["a", "b"], plain(), loader).await.unwrap().len(), 2);
    assert_eq!(cache.stats().load_cycles, 0);
}
