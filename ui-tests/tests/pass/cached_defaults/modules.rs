//! What a module says for its functions, and the modules in it for theirs.

use hydracache::{HydraCache, Registry, Runtime, cached};

#[cached]
fn outside() -> u8 {
    0
}

mod reports {
    use hydracache::{cached, invalidates};

    hydracache::cached_defaults! { ttl = "1h", cache = "reports" }

    #[cached(tags = ["years"])]
    pub(crate) fn yearly(year: u32) -> u32 {
        year
    }

    #[cached(ttl = "5m", cache = "others")]
    pub(crate) fn own() -> u8 {
        1
    }

    #[invalidates(tags = ["years"])]
    pub(crate) fn close() {}

    pub(crate) mod daily {
        hydracache::cached_defaults! { ttl = "1m" }

        #[hydracache::cached]
        pub(crate) fn today() -> u8 {
            2
        }
    }
}

fn main() {
    let (reports, others) = (HydraCache::local().build(), HydraCache::local().build());
    let runtime = Runtime::builder().named("reports", reports.clone()).named("others", others.clone()).install().unwrap();
    assert_eq!((outside(), reports::own(), reports::daily::today(), reports::yearly(2026)), (0, 1, 2, 2026));
    assert_eq!(runtime.default_cache().stats().loads, 1);
    assert_eq!((reports.stats().loads, others.stats().loads), (2, 1));
    let ttl = |name: &str| Registry::of_this_program().functions().find(|site| site.name().ends_with(name)).unwrap().ttl();
    assert_eq!((ttl("outside"), ttl("yearly"), ttl("own"), ttl("today")), (None, Some("1h"), Some("5m"), Some("1m")));
    reports::close();
    assert_eq!(reports::yearly::peek(2026), None);
    let writers: Vec<_> = runtime.registry().invalidators().collect();
    assert_eq!(writers.len(), 1);
    assert_eq!((writers[0].function(), writers[0].tags(), writers[0].at()), ("close", &["years"][..], "after_ok"));
}
