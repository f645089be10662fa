//! Many keys at once: one look-up and one flight each, one call of the loader for all that this caller leads.
//!
//! The order keeps two bulk callers from waiting for each other: all loads are begun, then those that this caller leads
//! are run and landed, and only then it waits for those of others. What these left undone is begun once more.

use std::collections::{HashMap, HashSet};
use std::future::{Future, poll_fn};
use std::hash::Hash;
use std::pin::pin;

use crate::adopt::Adoptable;
use crate::call::{Call, Failure, Step};
use crate::draft::{self, SharedLook};
use crate::engine::{Edge, Flight, Moment, enter};
use crate::error::{CacheResult, Error};
use crate::lead::Lead;
use crate::ops::{Asked, Look, Ops, Started};
use crate::options::CacheOptions;
use crate::sharing::Sharing;
use crate::sync::Arc;
use crate::tag::Tag;
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

/// What is said of single entries, besides what is said of all.
pub(crate) trait Single<K, T>: Clone + Send + Sync + 'static {
    /// A tag of the key's own.
    fn tag(&self, key: &K) -> Option<Tag>;

    /// What is said once the value is known.
    fn look(&self) -> Option<&Arc<SharedLook<T>>>;
}

/// Nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Alike;

impl<K, T> Single<K, T> for Alike {
    fn tag(&self, _: &K) -> Option<Tag> {
        None
    }

    fn look(&self) -> Option<&Arc<SharedLook<T>>> {
        None
    }
}

/// The values that are there, and those that the loader returns for the others.
pub(crate) async fn get_many_or_load<K, T, V, E, M, F, Fut>(
    view: &V,
    keys: impl IntoIterator<Item = K>,
    options: CacheOptions,
    single: impl Single<K, T>,
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
    let (mut found, mut pending) = (HashMap::new(), Vec::new());
    for key in distinct(keys) {
        let tag = single.tag(&key);
        let tag = || tag.clone();
        let finish = single.look().map(Look::Shared);
        match view::start(view, key.as_ref(), &Asked { finish, tag: Some(&tag), ..Asked::new(&options) })? {
            Started::Hit(loaded) | Started::Renew(loaded, _) => _ = found.insert(key, loaded.into_value()),
            Started::Miss(call) => pending.push((key, call)),
        }
    }
    let loaded = drive_many(pending, |leads| {
        let (engine, counters) = (leads[0].1.engine(), leads[0].1.counters());
        let (first, count) = (leads[0].1.key(), leads.len());
        let (view, options, single) = (view.clone(), options.clone(), single.clone());
        let beside = move |key: K, value: T, moment| {
            let access = view.access();
            let options = options.clone().tags(single.tag(&key));
            let Some(options) = draft::finished(options, &value, single.look()) else { return Ok(false) };
            let fill = |ops: Ops<'_>, text: &str| ops.fill_found(text, moment, value, &access, &options);
            view.with_key(key.as_ref(), fill)
        };
        let batch = Batch::new(leads);
        let loading = batch.begin(&mut loader);
        let loading = async move {
            let told = |error: E| Error::load_many(first.as_str(), count, error.into());
            loading.await.map(|values| values.into_iter().collect()).map_err(told)
        };
        let load = batch.run(loading, Sharing::OWN, beside);
        Adoptable::new(load, engine, counters)
    });
    let (loaded, failure) = loaded.await;
    found.extend(loaded);
    match failure {
        None => Ok(found),
        Some(Failure::Loader(error) | Failure::Cache(error)) => Err(error),
    }
}

/// What calls that missed end with: the values that came, and the first failure. `run` runs the loader for all the keys
/// that this caller leads.
pub(crate) async fn drive_many<K, T, E, Fut>(
    mut pending: Vec<(K, Call<T, E>)>,
    mut run: impl FnMut(Vec<(K, Lead<T, E>)>) -> Fut,
) -> (Vec<(K, T)>, Option<Failure<E>>)
where
    T: Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<Vec<(K, T)>, Failure<E>>>,
{
    let (mut found, mut failure) = (Vec::new(), None);
    while !pending.is_empty() {
        let (mut leads, mut waiting, mut wait) = (Vec::new(), Vec::new(), None);
        for (key, mut call) in pending {
            match call.next() {
                Step::Done(Ok(loaded)) => found.push((key, loaded.into_value())),
                Step::Done(Err(error)) => _ = failure.get_or_insert(error),
                Step::Lead(lead) => leads.push((key, lead)),
                Step::Wait(landing) => {
                    wait.get_or_insert(landing);
                    waiting.push((key, call));
                }
            }
        }
        pending = waiting;
        if !leads.is_empty() {
            let flights: Vec<_> = leads.iter().map(|(_, lead)| lead.shared_flight()).collect();
            let _edges: Vec<_> = flights.iter().map(|flight| Edge::lead(flight)).collect();
            match run(leads).await {
                Ok(values) => found.extend(values),
                Err(error) => _ = failure.get_or_insert(error),
            }
        } else if let Some(landing) = wait {
            landing.await;
        }
    }
    (found, failure)
}

/// The loads that one run of a loader is for.
pub(crate) struct Batch<K, T, E> {
    leads: Vec<(K, Lead<T, E>)>,
    /// One flight stands for all: a loader that asks for any of their keys waits for itself.
    first: Arc<Flight>,
    #[allow(dead_code, reason = "they act when they are dropped")]
    others: Vec<Edge>,
    /// Before the source is read, for what turns up there without being asked for.
    moment: Moment,
}

impl<K: Eq + Hash + Clone, T: Clone + Send + Sync + 'static, E> Batch<K, T, E> {
    pub(crate) fn new(leads: Vec<(K, Lead<T, E>)>) -> Self {
        let first = leads[0].1.shared_flight();
        let others = leads[1..].iter().map(|(_, lead)| Edge::beside(lead.flight(), &first)).collect();
        let moment = leads[0].1.engine().moment();
        Self { leads, first, others, moment }
    }

    /// Calls the closure that makes the loader's future, as part of the loads.
    pub(crate) fn begin<F>(&self, loader: impl FnOnce(Vec<K>) -> F) -> F {
        enter(&self.first, || loader(self.leads.iter().map(|(key, _)| key.clone()).collect()))
    }

    /// Lands all flights with what the loader returns. Values of other keys go to `beside`.
    pub(crate) async fn run(
        self,
        loading: impl Future<Output = Result<HashMap<K, T>, E>>,
        sharing: Sharing<E>,
        mut beside: impl FnMut(K, T, Moment) -> CacheResult<bool>,
    ) -> Result<Vec<(K, T)>, Failure<E>> {
        let mut loading = pin!(loading);
        let loaded = poll_fn(|context| enter(&self.first, || loading.as_mut().poll(context))).await;
        let mut values = match loaded {
            Ok(values) => values,
            Err(error) => {
                let shared = enter(&self.first, || (sharing.share)(&error));
                self.leads.into_iter().for_each(|(_, lead)| lead.fail(shared.clone()));
                return Err(Failure::Loader(error));
            }
        };
        let mut found = Vec::with_capacity(self.leads.len());
        for (key, lead) in self.leads {
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
            if let Err(error) = beside(key, value, self.moment) {
                tracing::debug!(%error, "what a bulk loader returned beside what was asked for is not stored");
            }
        }
        Ok(found)
    }
}

/// The keys, each once, in the order in which they came.
pub(crate) fn distinct<K: Eq + Hash + Clone>(keys: impl IntoIterator<Item = K>) -> Vec<K> {
    let mut seen = HashSet::new();
    keys.into_iter().filter(|key| seen.insert(key.clone())).collect()
}
