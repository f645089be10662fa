//! What one thread can see of a store.

#![allow(clippy::missing_panics_doc, reason = "a check panics when a store fails it; that is what it is for")]

use std::collections::BTreeSet;
use std::sync::Arc;

use super::bench::{Bench, Make, key, release};
use crate::key::KeyRef;
use crate::store::Displaced;

fn name(number: usize) -> String {
    format!("key:{number}")
}

pub fn absent_keys_hold_nothing(make: Make<'_>) {
    let bench = Bench::new(make, 100);
    let mut displaced = Displaced::default();
    assert!(bench.store.get(key("a")).is_none());
    assert!(bench.store.peek(key("a")).is_none());
    bench.store.remove(key("a"), &mut displaced);
    assert_eq!((bench.store.len(), bench.store.weight(), displaced.evicted()), (0, 0, 0));
    assert!(bench.store.is_empty());
    assert!(bench.visited().is_empty());
    bench.finish();
}

pub fn inserted_entries_are_found(make: Make<'_>) {
    let bench = Bench::new(make, 100);
    let mut displaced = Displaced::default();
    let (a, b) = (bench.insert("a", 1, &mut displaced), bench.insert("b", 1, &mut displaced));
    assert!(bench.holds("a", &a) && bench.holds("b", &b));
    assert!(!bench.holds("a", &b), "one key's entry was found under another");
    assert!(!bench.store.is_empty());
    assert_eq!(displaced.evicted(), 0);
    bench.finish();
}

/// Two texts may have one hash; a store that compares hashes alone would hand out another key's value.
pub fn keys_of_one_hash_are_told_apart(make: Make<'_>) {
    let bench = Bench::new(make, 100);
    let (one, other) = (KeyRef::new(7, "one"), KeyRef::new(7, "other"));
    let (first, second) = (bench.entry(1), bench.entry(1));
    let mut displaced = Displaced::default();
    bench.store.insert(one.to_owned(), Arc::clone(&first), &mut displaced);
    assert!(bench.store.get(other).is_none(), "another text with the same hash was taken for the key");
    bench.store.insert(other.to_owned(), Arc::clone(&second), &mut displaced);
    assert!(bench.store.get(one).is_some_and(|found| Arc::ptr_eq(&found, &first)));
    assert!(bench.store.get(other).is_some_and(|found| Arc::ptr_eq(&found, &second)));
    bench.store.remove(one, &mut displaced);
    assert!(bench.store.get(one).is_none());
    assert!(bench.store.get(other).is_some(), "removing a key removed another of the same hash");
    release((first, second, displaced));
    bench.finish();
}

pub fn inserting_again_hands_the_old_entry_out(make: Make<'_>) {
    let bench = Bench::new(make, 100);
    let mut displaced = Displaced::default();
    let old = bench.insert("a", 1, &mut displaced);
    let new = bench.insert("a", 1, &mut displaced);
    bench.settle(&mut displaced);
    assert!(bench.holds("a", &new));
    assert_eq!(bench.store.len(), 1);
    assert_eq!(displaced.evicted(), 0, "a replaced entry did not leave for space");
    assert!(old.strong_count() > 0, "the replaced entry is handed out");
    release(displaced);
    assert_eq!(old.strong_count(), 0, "the store kept a share of what it replaced");
    bench.finish();
}

pub fn removing_hands_the_entry_out(make: Make<'_>) {
    let bench = Bench::new(make, 100);
    let mut displaced = Displaced::default();
    let (a, b) = (bench.insert("a", 1, &mut displaced), bench.insert("b", 1, &mut displaced));
    bench.store.remove(key("a"), &mut displaced);
    assert!(bench.store.get(key("a")).is_none());
    assert!(bench.store.peek(key("a")).is_none());
    assert!(bench.holds("b", &b), "removing one key removed another");
    bench.settle(&mut displaced);
    assert_eq!(displaced.evicted(), 0, "a removed entry did not leave for space");
    assert_eq!(bench.store.len(), 1);
    assert!(a.strong_count() > 0, "the removed entry is handed out");
    release(displaced);
    assert_eq!(a.strong_count(), 0, "the store kept a share of what it removed");
    bench.finish();
}

pub fn length_and_weight_follow(make: Make<'_>) {
    let bench = Bench::new(make, 1_000_000);
    let mut displaced = Displaced::default();
    for weight in 1..=5_u32 {
        bench.insert(&name(weight as usize), weight, &mut displaced);
    }
    assert_eq!((bench.store.len(), bench.store.weight()), (5, 15));
    bench.insert(&name(5), 50, &mut displaced);
    assert_eq!((bench.store.len(), bench.store.weight()), (5, 60));
    bench.store.remove(key(&name(5)), &mut displaced);
    assert_eq!((bench.store.len(), bench.store.weight()), (4, 10));
    assert_eq!(displaced.evicted(), 0);
    release(displaced);
    bench.finish();
}

pub fn everything_is_kept_while_there_is_room(make: Make<'_>) {
    let bench = Bench::new(make, 4_096);
    let mut displaced = Displaced::default();
    let entries: Vec<_> = (0..512).map(|n| bench.insert(&name(n), 1, &mut displaced)).collect();
    bench.settle(&mut displaced);
    assert_eq!((bench.store.len(), displaced.evicted()), (512, 0));
    assert!(entries.iter().enumerate().all(|(n, entry)| bench.holds(&name(n), entry)));
    bench.finish();
}

/// The bound may be exceeded for a moment, so it is asked for once the store was asked for its length.
pub fn capacity_is_kept(make: Make<'_>) {
    let bench = Bench::new(make, 256);
    let mut displaced = Displaced::default();
    for n in 0..4_096 {
        bench.insert(&name(n), 1, &mut displaced);
    }
    bench.settle(&mut displaced);
    let kept = bench.visited().len();
    assert!(kept <= 256, "{kept} entries are more than the capacity of 256");
    assert!(kept >= 128, "only {kept} entries were kept where 256 fit");
    assert_eq!((bench.store.len(), bench.store.weight()), (kept, kept as u64));
    release(displaced);
    bench.finish();
}

pub fn evicted_entries_are_handed_out_once_and_counted(make: Make<'_>) {
    let bench = Bench::new(make, 100);
    let mut displaced = Displaced::default();
    let entries: Vec<_> = (0..1_000).map(|n| bench.insert(&name(n), 1, &mut displaced)).collect();
    bench.settle(&mut displaced);
    let resident = bench.visited();
    assert_eq!(displaced.evicted() + resident.len() as u64, 1_000, "each entry is resident or evicted");
    for (n, entry) in entries.iter().enumerate() {
        assert_eq!(bench.holds(&name(n), entry), resident.contains(&name(n)), "`visit` and `get` disagree");
        assert_eq!(entry.strong_count(), 1, "{} is in the store or handed out, and that once", name(n));
    }
    release(displaced);
    assert_eq!(bench.alive(), resident.len() as u64, "the store kept shares of what it evicted");
    bench.finish();
}

/// A key may be written again before the store has decided on its first entry.
pub fn replacing_what_is_being_evicted_keeps_the_books(make: Make<'_>) {
    let bench = Bench::new(make, 64);
    let mut displaced = Displaced::default();
    for n in 0..4_000 {
        for _ in 0..3 {
            bench.insert(&name(n % 160), 1, &mut displaced);
        }
        if n % 5 == 0 {
            bench.store.remove(key(&name(n % 160)), &mut displaced);
        }
    }
    bench.settle(&mut displaced);
    let resident = bench.visited().len();
    assert_eq!(
        (bench.store.len(), bench.store.weight()),
        (resident, resident as u64),
        "it holds what it says"
    );
    assert!((32..=64).contains(&resident), "{resident} entries are kept where 64 fit");
    release(displaced);
    assert_eq!(bench.alive(), resident as u64, "an entry is neither in the store nor handed out");
    bench.finish();
}

pub fn an_entry_over_the_limit_is_not_admitted(make: Make<'_>) {
    let bench = Bench::new(make, 1_000);
    // A store may say less than it takes, so the entry is larger than both what it says and the whole.
    let too_large = bench.store.max_entry_weight().max(1_000).checked_add(1);
    let Some(weight) = too_large.and_then(|weight| u32::try_from(weight).ok()) else {
        // Nothing can be too large for this store.
        return;
    };
    let mut displaced = Displaced::default();
    let refused = bench.insert("large", weight, &mut displaced);
    bench.settle(&mut displaced);
    assert!(bench.store.get(key("large")).is_none());
    assert_eq!((bench.store.len(), bench.store.weight(), displaced.evicted()), (0, 0, 1));
    assert_eq!(refused.strong_count(), 1, "an entry that was not admitted is handed out");
    release(displaced);
    bench.finish();
}

pub fn an_entry_at_the_limit_is_admitted(make: Make<'_>) {
    let bench = Bench::new(make, 1_000);
    let weight = u32::try_from(bench.store.max_entry_weight()).unwrap_or(u32::MAX);
    let mut displaced = Displaced::default();
    let large = bench.insert("large", weight, &mut displaced);
    bench.settle(&mut displaced);
    assert!(bench.holds("large", &large), "an entry of the greatest weight is let in while there is room");
    assert_eq!((bench.store.weight(), displaced.evicted()), (u64::from(weight), 0));
    bench.finish();
}

pub fn visit_sees_every_entry(make: Make<'_>) {
    let bench = Bench::new(make, 1_000);
    let mut displaced = Displaced::default();
    let expected: BTreeSet<_> = (0..50).map(name).collect();
    for name in &expected {
        bench.insert(name, 1, &mut displaced);
    }
    assert_eq!(bench.visited(), expected);
    bench.store.visit(&mut |key, entry| {
        let found = bench.store.peek(key).expect("it was just visited");
        assert!(Arc::ptr_eq(&found, entry), "`{}` was shown with another entry", key.as_str());
    });
    bench.finish();
}

/// The sweeper removes dead entries while it visits, so no lock may be held during the call.
pub fn visit_may_remove_what_it_sees(make: Make<'_>) {
    let bench = Bench::new(make, 1_000);
    let mut displaced = Displaced::default();
    for n in 0..50 {
        bench.insert(&name(n), 1, &mut displaced);
    }
    let mut seen = 0;
    bench.store.visit(&mut |key, _| {
        bench.store.remove(key, &mut displaced);
        seen += 1;
    });
    bench.settle(&mut displaced);
    assert_eq!((seen, bench.store.len(), displaced.evicted()), (50, 0, 0));
    assert_eq!(bench.alive(), 50, "what was removed during the visit is handed out");
    release(displaced);
    assert_eq!(bench.alive(), 0);
    bench.finish();
}

pub fn a_dropped_store_drops_its_entries(make: Make<'_>) {
    let bench = Bench::new(make, 1_000);
    let mut displaced = Displaced::default();
    let entries: Vec<_> = (0..50).map(|n| bench.insert(&name(n), 1, &mut displaced)).collect();
    release(displaced);
    bench.finish();
    let left = entries.iter().filter(|entry| entry.strong_count() > 0).count();
    assert_eq!(left, 0, "entries outlived their store");
}
