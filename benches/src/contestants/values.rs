//! Values of other sizes and forms, out of our cache and cloned from where they lie.

use std::sync::Arc;

use hydracache::cached;

use super::ours;
use crate::contestant::{Contestant, Entrant, Expected, on_this_thread};
use crate::workload::Ids;

/// So many that the values of 8 KiB take 4 MiB.
const VALUES: u64 = 500;
const IDS: Ids = Ids::Stored(VALUES);

const LARGE: usize = 8 << 10;

pub(crate) const TEXT: &str = "`#[cached]`, text of 64 bytes";
pub(crate) const CLONE_TEXT: &str = "clone of a text of 64 bytes";
pub(crate) const BYTES: &str = "`#[cached]`, 8 KiB";
pub(crate) const CLONE_BYTES: &str = "clone of 8 KiB";
pub(crate) const SHARED: &str = "`#[cached]`, `Arc` of 8 KiB";
pub(crate) const SHARED_SMALL: &str = "`#[cached]`, `Arc` of 64 bytes";
pub(crate) const RECORD: &str = "`#[cached]`, 64 bytes without memory of their own";

pub(crate) const ALL: &[Entrant] = &[
    Entrant { name: RECORD, make: |name, _| hit(name, record) },
    Entrant { name: TEXT, make: |name, _| hit(name, text) },
    Entrant { name: CLONE_TEXT, make: |name, _| clone(name, text_of) },
    Entrant { name: BYTES, make: |name, _| hit(name, bytes) },
    Entrant { name: CLONE_BYTES, make: |name, _| clone(name, bytes_of) },
    Entrant { name: SHARED, make: |name, _| hit(name, shared) },
    Entrant { name: SHARED_SMALL, make: |name, _| hit(name, shared_small) },
];

fn text_of(id: u64) -> String {
    format!("{id:064}")
}

fn bytes_of(id: u64) -> Vec<u8> {
    vec![id.to_le_bytes()[0]; LARGE]
}

#[cached(crate = ::hydracache, name = "value.rec", key = "user:{id}", tags = ["users", "user:{id}"])]
async fn record(id: u64) -> crate::workload::Record {
    crate::workload::load(id)
}

#[cached(crate = ::hydracache, name = "value.txt", key = "user:{id}", tags = ["users", "user:{id}"])]
async fn text(id: u64) -> String {
    text_of(id)
}

#[cached(crate = ::hydracache, name = "value.bin", key = "user:{id}", tags = ["users", "user:{id}"])]
async fn bytes(id: u64) -> Vec<u8> {
    bytes_of(id)
}

#[cached(crate = ::hydracache, name = "value.arc", key = "user:{id}", tags = ["users", "user:{id}"], memory_only)]
async fn shared(id: u64) -> Arc<Vec<u8>> {
    Arc::new(bytes_of(id))
}

#[cached(crate = ::hydracache, name = "value.few", key = "user:{id}", tags = ["users", "user:{id}"], memory_only)]
async fn shared_small(id: u64) -> Arc<Vec<u8>> {
    Arc::new(text_of(id).into_bytes())
}

fn hit<R>(name: &'static str, call: impl AsyncFn(u64) -> R + Send + Sync + 'static) -> Contestant {
    ours::install();
    on_this_thread(async {
        for id in 0..VALUES {
            call(id).await;
        }
    });
    Contestant::awaited(name, IDS, Expected::Hit, call)
}

/// Clones of values that lie where a cache would keep them: each shared, on the heap.
fn clone<T: Clone + Send + Sync + 'static>(name: &'static str, value: fn(u64) -> T) -> Contestant {
    let values: Vec<_> = (0..VALUES).map(|id| Arc::new(value(id))).collect();
    Contestant::awaited(name, IDS, Expected::Hit, async move |id| {
        let at = usize::try_from(id).expect("there are as many values as keys");
        T::clone(std::hint::black_box(&values[at]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_their_names_say() {
        assert_eq!((text_of(7).len(), bytes_of(7).len()), (64, 8_192));
    }

    #[test]
    fn everyone_hits() {
        for entrant in ALL {
            entrant.make(VALUES).run(2 * VALUES);
        }
        assert_eq!((text::stats().loads, bytes::stats().loads), (VALUES, VALUES));
        assert_eq!((shared::stats().loads, shared_small::stats().loads), (VALUES, VALUES));
    }
}
