//! One `use` brings function and handle, through several modules and under several names.

#![deny(warnings)]

mod storage {
    pub(crate) mod users {
        #[hydracache::cached(name = "users.find")]
        pub(crate) async fn find(id: u64) -> Option<u64> {
            Some(id)
        }

        #[hydracache::cached(name = "users.count", bulk = ids)]
        pub(crate) fn count(ids: &[u64]) -> std::collections::BTreeMap<u64, u64> {
            ids.iter().map(|id| (*id, 1)).collect()
        }
    }

    pub(crate) use users::{count as how_many, find as find_user};
}

mod api {
    pub(crate) mod v2 {
        pub(crate) use super::super::storage::*;
    }

    pub(crate) use v2::find_user as get;
}

use api::get;
use api::v2::how_many as counted;

#[hydracache::invalidates(get(id), all(counted))]
async fn remove(id: u64) {}

#[hydracache::cached(name = "many", bulk = ids, entries = get(*ids))]
async fn get_all(ids: &[u64]) -> std::collections::HashMap<u64, Option<u64>> {
    ids.iter().map(|id| (*id, Some(*id))).collect()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((get(1).await, get::peek(1)), (Some(1), Some(Some(1))));
    assert_eq!(counted(&[1])[&1], 1);
    remove(1).await;
    assert_eq!((get::peek(1), counted::peek(&1)), (None, None));
    assert_eq!(get_all(&[1, 2]).await.len(), 2);
    assert_eq!(api::v2::find_user::peek(2), Some(Some(2)));
}
