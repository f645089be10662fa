//! The behaviour every [`CacheInvalidationBus`](crate::CacheInvalidationBus) must have, as tests that its implementer
//! runs.

mod bench;
mod checks;
mod replay;

pub use bench::Make;
pub use checks::{
    a_later_subscriber_gets_later_messages_only, a_slow_subscriber_is_told_that_it_missed_some,
    a_subscriber_that_left_disturbs_nobody, a_waiting_subscriber_is_woken,
    every_kind_of_message_arrives_as_it_was, every_subscriber_gets_every_message,
    giving_up_waiting_loses_nothing, it_works_inside_a_tokio_runtime,
    messages_of_one_publisher_stay_in_order, publishing_needs_no_subscriber,
};
pub use replay::{
    incarnations_are_replayed_apart, positions_tell_what_was_published_before_or_nothing,
    replay_gives_exactly_the_range_or_nothing, what_is_gone_is_not_replayed,
};

/// Makes a module of tests that every [`CacheInvalidationBus`](crate::CacheInvalidationBus) must pass.
///
/// The first argument names the module, the second makes a bus: a closure from how many messages it keeps to the bus. A
/// bus that cannot be told ignores the number. Buses may share what is behind them: each test publishes under a name of
/// its own and passes over what others publish.
///
/// The tests poll the bus outside of any async runtime, as caches do; one of them does it inside of one.
///
/// ```
/// hydracache_runtime::bus_suite!(in_memory, |capacity: usize| {
///     hydracache_runtime::InMemoryInvalidationBus::new(capacity)
/// });
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! bus_suite {
    ($name:ident, $make:expr $(,)?) => {
        $crate::bus_suite! { @tests $name, $make;
            a_later_subscriber_gets_later_messages_only,
            a_slow_subscriber_is_told_that_it_missed_some,
            a_subscriber_that_left_disturbs_nobody,
            a_waiting_subscriber_is_woken,
            every_kind_of_message_arrives_as_it_was,
            every_subscriber_gets_every_message,
            giving_up_waiting_loses_nothing,
            incarnations_are_replayed_apart,
            it_works_inside_a_tokio_runtime,
            messages_of_one_publisher_stay_in_order,
            positions_tell_what_was_published_before_or_nothing,
            publishing_needs_no_subscriber,
            replay_gives_exactly_the_range_or_nothing,
            what_is_gone_is_not_replayed,
        }
    };
    (@tests $name:ident, $make:expr; $($check:ident,)*) => {
        mod $name {
            #[allow(unused_imports, clippy::wildcard_imports, reason = "what makes a bus is named outside")]
            use super::*;

            fn make(capacity: usize) -> ::std::sync::Arc<dyn $crate::CacheInvalidationBus> {
                let make = $make;
                ::std::sync::Arc::new(make(capacity))
            }

            $(
                #[test]
                fn $check() {
                    $crate::testing::bus_suite::$check(&make);
                }
            )*
        }
    };
}

#[cfg(test)]
mod built_in {
    use crate::testing::FaultyBus;
    use crate::{InMemoryFramedInvalidationBus, InMemoryInvalidationBus};

    crate::bus_suite!(in_memory, |capacity: usize| InMemoryInvalidationBus::new(capacity));
    crate::bus_suite!(framed, |capacity: usize| {
        InMemoryFramedInvalidationBus::for_cluster("orders", capacity)
    });
    crate::bus_suite!(faulty_without_faults, |capacity: usize| {
        FaultyBus::new(InMemoryInvalidationBus::new(capacity))
    });
}
