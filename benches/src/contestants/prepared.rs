//! A prepared read of a database result, and `get` of the same key in the same kind of cache.

use arrayvec::ArrayString;
use hydracache::HydraCache;
use hydracache_db::{DbCache, PreparedQueryPolicy, RefreshPolicy};

use crate::contestant::{Contestant, Entrant, Expected, on_this_thread};
use crate::workload::{Failure, Ids, Record, load, room};

pub(crate) const GET: &str = "HydraCache `get` of the key of a result";
pub(crate) const PREPARED: &str = "prepared `load_id`, entity and collection";
pub(crate) const REFRESHED: &str = "prepared `load_id`, refreshed ahead";

pub(crate) const ALL: [Entrant; 3] = [
    Entrant { name: GET, make: get },
    Entrant { name: PREPARED, make: |name, entries| prepared(name, entries, policy()) },
    Entrant {
        name: REFRESHED,
        make: |name, entries| {
            let (day, minute) = (std::time::Duration::from_secs(86_400), std::time::Duration::from_secs(60));
            let refresh = RefreshPolicy::new().refresh_ahead(minute);
            prepared(name, entries, policy().ttl(day).refresh_policy(refresh))
        },
    },
];

fn policy() -> PreparedQueryPolicy {
    PreparedQueryPolicy::new().entity("user").collection_tag("users")
}

fn results(entries: u64) -> DbCache {
    DbCache::new(HydraCache::local().max_capacity(room(entries) as u64).build(), "db")
}

fn prepared(name: &'static str, entries: u64, policy: PreparedQueryPolicy) -> Contestant {
    let users = results(entries).prepare::<Record>(policy);
    let call = async move |id: u64| {
        users
            .load_id(id, || async move { Ok::<_, Failure>(load(id)) })
            .await
            .expect("the loader does not fail")
    };
    on_this_thread(async {
        for id in 0..entries {
            call(id).await;
        }
    });
    Contestant::awaited(name, Ids::Stored(entries), Expected::Hit, call)
}

fn get(name: &'static str, entries: u64) -> Contestant {
    let results = results(entries);
    let users = results.prepare::<Record>(policy());
    on_this_thread(async {
        for id in 0..entries {
            let load = || async move { Ok::<_, Failure>(load(id)) };
            users.load_id(id, load).await.expect("the loader does not fail");
        }
    });
    let cache = results.cache().clone();
    let call = async move |id: u64| {
        let mut key = ArrayString::<48>::new();
        key.push_str("db:user:");
        key.push_str(itoa::Buffer::new().format(id));
        // A result is kept as a row that may not exist.
        cache.get::<Option<Record>>(&key).await.expect("the type is right").flatten().expect("it is stored")
    };
    Contestant::awaited(name, Ids::Stored(entries), Expected::Hit, call)
}
