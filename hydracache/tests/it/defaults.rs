//! What a module says for its functions, and what they and the modules inside say themselves.

use std::time::Duration;

use hydracache::testing::ManualClock;
use hydracache::{HydraCache, Registry, Runtime};

use crate::support::{isolated_sync, runtime_over};

mod reports {
    hydracache::cached_defaults! { ttl = "1h", cache = "side" }

    #[hydracache::cached(name = "defaults.yearly", tags = ["years"])]
    pub(super) fn yearly(year: u32) -> u32 {
        year
    }

    #[hydracache::cached(name = "defaults.with_a_closure", ttl = |year| std::time::Duration::from_secs(u64::from(*year)))]
    pub(super) fn with_a_closure(year: u32) -> u32 {
        year
    }

    #[hydracache::invalidates(tags = ["years"])]
    pub(super) fn close() {}

    pub(super) mod daily {
        hydracache::cached_defaults! { ttl = "1m" }

        #[hydracache::cached(name = "defaults.today")]
        pub(in super::super) fn today(day: u32) -> u32 {
            day
        }

        pub(in super::super) mod hourly {
            #[hydracache::cached(name = "defaults.now", tags = ["years"])]
            pub(in super::super::super) fn now(hour: u32) -> u32 {
                hour
            }

            #[hydracache::invalidates(tags = ["years"])]
            pub(in super::super::super) fn close() {}
        }
    }

    /// The name begins like that of the module with defaults.
    pub(super) mod daily_and_more {
        #[hydracache::cached(name = "defaults.more")]
        pub(in super::super) fn more(day: u32) -> u32 {
            day
        }
    }

    pub(super) struct Shop;

    #[hydracache::cached_impl(ttl = "2h")]
    impl Shop {
        #[cached(name = "defaults.price")]
        pub(super) fn price(item: u32) -> u32 {
            item
        }
    }

    impl Shop {
        pub(super) fn priced(item: u32) -> u32 {
            Self::price(item)
        }
    }
}

/// Outside of the module.
#[hydracache::cached(name = "defaults.outside", tags = ["years"])]
fn outside(id: u32) -> u32 {
    id
}

fn caches() -> (Runtime, HydraCache, HydraCache) {
    let runtime = runtime_over(HydraCache::local().build());
    let (default, side) = (runtime.default_cache().clone(), runtime.cache("side").unwrap().clone());
    (runtime, default, side)
}

#[test]
fn the_innermost_module_that_says_something_is_heard() {
    let ttl = |name| Registry::of_this_program().function(name).unwrap().ttl();
    assert_eq!(ttl("defaults.yearly"), Some("1h"));
    assert_eq!(ttl("defaults.today"), Some("1m"));
    assert_eq!(ttl("defaults.now"), Some("1m"), "modules inside are meant as well");
    assert_eq!(ttl("defaults.more"), Some("1h"), "a name that begins alike is another module");
    assert_eq!(ttl("defaults.price"), Some("2h"), "the impl block is nearer than the module");
    assert_eq!(ttl("defaults.outside"), None);
}

#[test]
fn the_cache_of_the_module_is_used_by_all_in_it() {
    let (runtime, default, side) = caches();
    runtime.sync_scope(|| {
        reports::yearly(1);
        reports::daily::today(1);
        reports::daily::hourly::now(1);
        reports::daily_and_more::more(1);
        reports::Shop::priced(1);
        assert_eq!((side.stats().loads, default.stats().loads), (5, 0));
        outside(1);
        assert_eq!((side.stats().loads, default.stats().loads), (5, 1));
        reports::yearly::put(2, 7).fire();
        assert_eq!(side.stats().loads, 5);
        assert_eq!((reports::yearly(2), side.stats().loads), (7, 5));
        reports::yearly::clear().fire();
        assert_eq!(reports::yearly::peek(2), None);
    });
}

#[test]
fn tags_of_a_write_are_invalidated_in_the_cache_of_its_module() {
    isolated_sync(|| {
        for close in [reports::close as fn(), reports::daily::hourly::close] {
            let _ = (reports::yearly(1), reports::daily::hourly::now(1), outside(1));
            close();
            assert_eq!((reports::yearly::peek(1), reports::daily::hourly::now::peek(1)), (None, None));
            assert_eq!(outside::peek(1), Some(1), "it is in another cache");
        }
    });
}

#[test]
fn entries_live_as_long_as_their_module_says() {
    let clock = ManualClock::new();
    let side = HydraCache::local().clock(clock.clone()).build();
    let runtime = Runtime::builder().named("side", side).build().unwrap();
    runtime.sync_scope(|| {
        let _ = (reports::yearly(1), reports::daily::today(1), reports::with_a_closure(30));
        reports::daily::today::put(2, 2).fire();
        clock.advance(Duration::from_secs(31));
        assert_eq!(reports::with_a_closure::peek(30), None, "the function says it itself");
        assert_eq!(reports::daily::today::peek(1), Some(1));
        clock.advance(Duration::from_secs(30));
        assert_eq!((reports::daily::today::peek(1), reports::daily::today::peek(2)), (None, None));
        assert_eq!(reports::yearly::peek(1), Some(1));
        clock.advance(Duration::from_secs(3600));
        assert_eq!(reports::yearly::peek(1), None);
    });
}
