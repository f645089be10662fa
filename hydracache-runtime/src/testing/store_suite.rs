//! The behaviour every [`Store`](crate::Store) must have, as tests that its implementer runs.

mod bench;
mod checks;
mod threads;

pub use bench::{Make, entry, key};
pub use checks::{
    a_dropped_store_drops_its_entries, absent_keys_hold_nothing, an_entry_at_the_limit_is_admitted,
    an_entry_over_the_limit_is_not_admitted, capacity_is_kept, everything_is_kept_while_there_is_room,
    evicted_entries_are_handed_out_once_and_counted, inserted_entries_are_found,
    inserting_again_hands_the_old_entry_out, keys_of_one_hash_are_told_apart, length_and_weight_follow,
    removing_hands_the_entry_out, replacing_what_is_being_evicted_keeps_the_books,
    visit_may_remove_what_it_sees, visit_sees_every_entry,
};
pub use threads::{
    evictions_of_many_threads_are_counted_exactly, replacing_and_removing_from_many_threads_loses_nothing,
};

/// Makes a module of tests that every [`Store`](crate::Store) must pass.
///
/// The first argument names the module, the second makes a store: a closure from a capacity, in the unit of
/// [`Entry::weight`](crate::Entry::weight), to the store. Each test makes stores of its own.
///
/// Nothing that a store displaces may be dropped by it, so the suite watches who drops its entries: it is the most
/// common mistake, and the one that lets a value's `Drop` run under a lock.
///
/// ```
/// # use hydracache_runtime::{Displaced, Entry, KeyRef, Store, StoreKey};
/// # use std::sync::Arc;
/// # #[derive(Debug)]
/// # struct MyStore;
/// # impl MyStore { fn new(_: u64) -> Self { Self } }
/// # impl Store for MyStore {
/// #     fn get(&self, _: KeyRef<'_>) -> Option<Arc<Entry>> { None }
/// #     fn peek(&self, _: KeyRef<'_>) -> Option<Arc<Entry>> { None }
/// #     fn insert(&self, _: StoreKey, _: Arc<Entry>, _: &mut Displaced) {}
/// #     fn remove(&self, _: KeyRef<'_>, _: &mut Displaced) {}
/// #     fn len(&self) -> usize { 0 }
/// #     fn weight(&self) -> u64 { 0 }
/// #     fn max_entry_weight(&self) -> u64 { 0 }
/// #     fn visit(&self, _: &mut dyn FnMut(KeyRef<'_>, &Arc<Entry>)) {}
/// # }
/// hydracache_runtime::store_suite!(my_store, |capacity: u64| MyStore::new(capacity));
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! store_suite {
    ($name:ident, $make:expr $(,)?) => {
        $crate::store_suite! { @tests $name, $make;
            a_dropped_store_drops_its_entries,
            absent_keys_hold_nothing,
            an_entry_at_the_limit_is_admitted,
            an_entry_over_the_limit_is_not_admitted,
            capacity_is_kept,
            everything_is_kept_while_there_is_room,
            evicted_entries_are_handed_out_once_and_counted,
            evictions_of_many_threads_are_counted_exactly,
            inserted_entries_are_found,
            inserting_again_hands_the_old_entry_out,
            keys_of_one_hash_are_told_apart,
            length_and_weight_follow,
            removing_hands_the_entry_out,
            replacing_and_removing_from_many_threads_loses_nothing,
            replacing_what_is_being_evicted_keeps_the_books,
            visit_may_remove_what_it_sees,
            visit_sees_every_entry,
        }
    };
    (@tests $name:ident, $make:expr; $($check:ident,)*) => {
        mod $name {
            #[allow(unused_imports, clippy::wildcard_imports, reason = "what makes a store is named outside")]
            use super::*;

            fn make(capacity: u64) -> ::std::sync::Arc<dyn $crate::Store> {
                let make = $make;
                ::std::sync::Arc::new(make(capacity))
            }

            $(
                #[test]
                fn $check() {
                    $crate::testing::store_suite::$check(&make);
                }
            )*
        }
    };
}

#[cfg(test)]
mod built_in {
    use crate::store::{Capacity, S3FifoStore, TinyLfuStore};

    fn in_entries(entries: u64) -> Capacity {
        let estimated_entries = usize::try_from(entries).expect("a test's capacity is small");
        Capacity { weight: entries, estimated_entries, min_entry_weight: 1 }
    }

    fn in_bytes(bytes: u64) -> Capacity {
        Capacity { min_entry_weight: 512, ..in_entries(bytes) }
    }

    crate::store_suite!(s3_fifo, |capacity: u64| S3FifoStore::new(in_entries(capacity)));
    crate::store_suite!(s3_fifo_in_bytes, |capacity: u64| S3FifoStore::new(in_bytes(capacity)));
    crate::store_suite!(tiny_lfu, |capacity: u64| TinyLfuStore::new(in_entries(capacity)));
}
