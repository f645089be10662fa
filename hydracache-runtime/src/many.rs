//! Many keys at once: one look-up and one flight each, one call of the loader for all that this caller leads.
//!
//! The order keeps two bulk callers from waiting for each other: all loads are begun, then those that this caller leads
//! are run and landed, and only then it waits for those of others. What these left undone is begun once more.

use std::collections::{HashMap, HashSet};
use std::future::{Future, poll_fn};
use std::hash::Hash;
use std::pin::pin;

use crate::adopt::Adoptable;
use crate::call::{Failure, Step};
use crate::engine::{Edge, enter};
use crate::error::{CacheResult, Error};
use crate::lead::Lead;
use crate::ops::{Asked, Started};
use crate::options::CacheOptions;
use crate::view::{self, View};

/// What names an entry in a bulk call: a text that can be compared, copied and sent along with a load.
///
/// Implemented for every type with the traits it names, `String`, `&'static str` and
/// [`CacheKey`](crate::CacheKey) among them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key of a bulk call",
    note = "a bulk call takes keys that own their text, such as `String` or `hydracache::CacheKey`, or a type of yours \
            with `AsRef<str> + Eq + Hash + Clone + Send + 'static`"
)]
pub trait BulkKey: AsRef<str> + Eq + Hash + Clone + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<K: AsRef<str> + Eq + Hash + Clone + Send + 'static> BulkKey for K {}

/// The values that are there.
pub(crate) fn get_many<K: BulkKey, T, V: View<T>>(
    view: &V,
    keys: impl IntoIterator<Item = K>,
) -> CacheResult<HashMap<K, T>>
where
    T: Clone + Send + Sync + 'static,
{
    let access = view.access();
    let read = |key: K| {
        let found = view.with_key(key.as_ref(), |ops, text| ops.get(text, &access, |_, value| value.clone()));
        found.map(|found| found.map(|value| (key, value))).transpose()
    };
    distinct(keys).into_iter().filter_map(read).collect()
}

/// The values that are there, and those that the loader returns for the others.
pub(crate) async fn get_many_or_load<K, T, V, E, M, F, Fut>(
    view: &V,
    keys: impl IntoIterator<Item = K>,
    options: CacheOptions,
    mut loader: F,
) -> CacheResult<HashMap<K, T>>
where
    K: BulkKey,
    T: Clone + Send + Sync + 'static,
    V: View<T>,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
    M: IntoIterator<Item = (K, T)>,
    F: FnMut(Vec<K>) -> Fut,
    Fut: Future<Output = Result<M, E>> + Send + 'static,
{
    let (mut found, mut failure) = (HashMap::new(), None);
    let mut pending = Vec::new();
    for key in distinct(keys) {
        match view::start(view, key.as_ref(), &Asked::new(&options))? {
            Started::Hit(loaded) | Started::Renew(loaded, _) => _ = found.insert(key, loaded.into_value()),
            Started::Miss(call) => pending.push((key, call)),
        }
    }
    while !pending.is_empty() {
        let (mut leads, mut waiting, mut wait) = (Vec::new(), Vec::new(), None);
        for (key, mut call) in pending {
            match call.next() {
                Step::Done(Ok(loaded)) => _ = found.insert(key, loaded.into_value()),
                Step::Done(Err(Failure::Loader(error) | Failure::Cache(error))) => {
                    failure.get_or_insert(error);
                }
                Step::Lead(lead) => leads.push((key, lead)),
                Step::Wait(landing) => {
                    wait.get_or_insert(landing);
                    waiting.push((key, call));
                }
            }
        }
        pending = waiting;
        if let Some((_, first)) = leads.first() {
            let (engine, counters) = (first.engine(), first.counters());
            let _edges: Vec<_> = leads.iter().map(|(_, lead)| Edge::lead(lead.flight())).collect();
            let load = load(view.clone(), options.clone(), leads, &mut loader);
            match Adoptable::new(load, engine, counters).await {
                Ok(values) => found.extend(values),
                Err(error) => _ = failure.get_or_insert(error),
            }
        } else if let Some(landing) = wait {
            landing.await;
        }
    }
    failure.map_or(Ok(found), Err)
}

/// Runs the loader once and lands all flights that it was run for.
fn load<K, T, V, E, M, F, Fut>(
    view: V,
    options: CacheOptions,
    leads: Vec<(K, Lead<T, Error>)>,
    loader: &mut F,
) -> impl Future<Output = CacheResult<Vec<(K, T)>>> + Send + 'static + use<K, T, V, E, M, F, Fut>
where
    K: BulkKey,
    T: Clone + Send + Sync + 'static,
    V: View<T>,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
    M: IntoIterator<Item = (K, T)>,
    F: FnMut(Vec<K>) -> Fut,
    Fut: Future<Output = Result<M, E>> + Send + 'static,
{
    // One flight stands for all: a loader that asks for any of their keys waits for itself.
    let first = leads[0].1.shared_flight();
    let beside: Vec<_> = leads[1..].iter().map(|(_, lead)| Edge::beside(lead.flight(), &first)).collect();
    // Before the source is read, for what turns up there without being asked for.
    let moment = leads[0].1.engine().moment();
    let loading = enter(&first, || loader(leads.iter().map(|(key, _)| key.clone()).collect()));
    async move {
        let _beside = beside;
        let mut loading = pin!(loading);
        let loaded = poll_fn(|context| enter(&first, || loading.as_mut().poll(context))).await;
        let mut values: HashMap<K, T> = match loaded {
            Ok(values) => values.into_iter().collect(),
            Err(error) => {
                let error = Error::load_many(first.key.as_str(), leads.len(), error.into());
                for (_, lead) in leads {
                    drop(lead.finish(Err(error.clone())));
                }
                return Err(error);
            }
        };
        let mut found = Vec::with_capacity(leads.len());
        for (key, lead) in leads {
            match values.remove(&key) {
                Some(value) => {
                    if let Ok(loaded) = lead.finish(Ok(value)) {
                        found.push((key, loaded.into_value()));
                    }
                }
                None => lead.find_nothing(),
            }
        }
        for (key, value) in values {
            let access = view.access();
            let filled = view
                .with_key(key.as_ref(), |ops, text| ops.fill_found(text, moment, value, &access, &options));
            if let Err(error) = filled {
                tracing::debug!(%error, "what a bulk loader returned beside what was asked for is not stored");
            }
        }
        Ok(found)
    }
}

/// The keys, each once, in the order in which they came.
fn distinct<K: BulkKey>(keys: impl IntoIterator<Item = K>) -> Vec<K> {
    let mut seen = HashSet::new();
    keys.into_iter().filter(|key| seen.insert(key.clone())).collect()
}
