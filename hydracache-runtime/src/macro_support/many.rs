//! Functions of many keys: an entry and a flight for each, one call of the function for all that are missing.

use std::collections::{BTreeMap, HashMap};
use std::future::{Future, ready};
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;

use super::load::surfaced;
use super::lookup::{Miss, Missed, missed, no_cache, reach, with, write};
use super::{Outcome, Settings};
use crate::cache::HydraCache;
use crate::call::Call;
use crate::call_site::CallSite;
use crate::engine::{Manner, Moment};
use crate::error::CacheResult;
use crate::key::KeyBuf;
use crate::many::{Batch, distinct, drive_many};
use crate::ops::{Namespace, Ops};
use crate::sharing::Sharing;
use crate::sync::block_on;
use crate::value::Access;

/// The entry of one key: where it is, and how its values are stored.
#[derive(Debug)]
pub struct EntryOf<V> {
    site: &'static CallSite,
    access: Access<V>,
    at: Option<Missed>,
}

/// Finds the entry of a call. Where the cache cannot serve it, that is counted as a bypass.
pub fn entry_of<V>(
    site: &'static CallSite,
    access: Access<V>,
    cache: Option<&HydraCache>,
    write_key: impl FnOnce(&mut KeyBuf, &'static CallSite),
) -> EntryOf<V> {
    let mut key = KeyBuf::new();
    let text = write(&mut key, site, write_key);
    let at = with(site, cache, |function| {
        reach(site, function, text).map(|(function, key)| missed(&function, key))
    });
    EntryOf { site, access, at }
}

impl Missed {
    fn ops(&self, site: &'static CallSite) -> Ops<'_> {
        Ops {
            engine: &self.engine,
            counters: Some(&self.counters),
            namespace: Namespace::Of(site),
            version: site.version(),
        }
    }
}

impl<V: Clone + Send + Sync + 'static> EntryOf<V> {
    /// The fresh value, if there is one.
    fn look(&self) -> Option<V> {
        let (at, site) = (self.at.as_ref()?, self.site);
        let (ops, key) = (at.ops(site), at.key.as_ref());
        let entry = ops.look(key)?;
        // What cannot be read is loaded anew, and counted when that begins.
        let (_, value) = entry.stored.value(&self.access, at.engine.codec(), site.version()).ok()?;
        let value = value.clone();
        ops.hit(key, &entry);
        Some(value)
    }

    /// The call that loads it; `None` where the cache cannot serve it.
    fn call<E>(self, settings: Settings<V>, sharing: Sharing<E>, manner: Manner) -> Option<Call<V, E>> {
        Miss(Some(self.at?)).into_call(self.site, self.access, settings, sharing, manner)
    }

    /// Stores what turned up without being asked for.
    fn fill(self, value: V, settings: Settings<V>, moment: Moment) -> CacheResult<bool> {
        let Some(at) = &self.at else { return Err(no_cache(self.site)) };
        let Some(options) = settings.with_value(self.site, &value) else { return Ok(false) };
        at.ops(self.site).fill_found(at.key.as_str(), moment, value, &self.access, &options)
    }
}

/// What a function of many keys returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not hold values by key",
    label = "a bulk function returns the values of its keys",
    note = "return a `HashMap` or a `BTreeMap` of keys and values, or a `Vec` of values with `by = |value| value.id`"
)]
pub trait Collection {
    /// One of the values.
    type Value;
}

impl<K, V, S> Collection for HashMap<K, V, S> {
    type Value = V;
}

impl<K, V> Collection for BTreeMap<K, V> {
    type Value = V;
}

impl<V> Collection for Vec<V> {
    type Value = V;
}

/// A map of the keys of a bulk function.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a map with keys of the type `{K}`",
    label = "a bulk function returns the values of its keys",
    note = "the keys of the map are what `bulk` names, such as `HashMap<u64, User>` for `ids: &[u64]`; a `Vec` of values \
            needs `by = |value| value.id`"
)]
pub trait MapOf<K>: Collection {
    /// Takes it apart.
    fn pairs(self) -> Vec<(K, Self::Value)>;

    /// Puts it together.
    fn of_pairs(pairs: Vec<(K, Self::Value)>) -> Self;
}

impl<K: Eq + Hash, V, S: BuildHasher + Default> MapOf<K> for HashMap<K, V, S> {
    fn pairs(self) -> Vec<(K, V)> {
        self.into_iter().collect()
    }

    fn of_pairs(pairs: Vec<(K, V)>) -> Self {
        pairs.into_iter().collect()
    }
}

impl<K: Ord, V> MapOf<K> for BTreeMap<K, V> {
    fn pairs(self) -> Vec<(K, V)> {
        self.into_iter().collect()
    }

    fn of_pairs(pairs: Vec<(K, V)>) -> Self {
        pairs.into_iter().collect()
    }
}

/// How the values of many keys are held.
pub trait Form<K, V> {
    /// All of them.
    type All;

    /// Takes them apart.
    fn split(&self, all: Self::All) -> Vec<(K, V)>;

    /// Puts them together.
    fn gather(&self, pairs: Vec<(K, V)>) -> Self::All;
}

/// The form of a map.
#[derive(Debug)]
pub struct Map<M>(PhantomData<fn() -> M>);

/// The values by their keys, in a map.
pub fn map<K, M: MapOf<K>>() -> Map<M> {
    Map(PhantomData)
}

impl<K, M: MapOf<K>> Form<K, M::Value> for Map<M> {
    type All = M;

    fn split(&self, all: M) -> Vec<(K, M::Value)> {
        all.pairs()
    }

    fn gather(&self, pairs: Vec<(K, M::Value)>) -> M {
        M::of_pairs(pairs)
    }
}

/// The form of a list.
#[derive(Debug)]
pub struct List<By>(By);

/// The values alone, in a list; `by` tells their keys.
pub fn list<K, V, By: Fn(&V) -> K>(by: By) -> List<By> {
    List(by)
}

impl<K, V, By: Fn(&V) -> K> Form<K, V> for List<By> {
    type All = Vec<V>;

    fn split(&self, all: Vec<V>) -> Vec<(K, V)> {
        all.into_iter().map(|value| ((self.0)(&value), value)).collect()
    }

    fn gather(&self, pairs: Vec<(K, V)>) -> Vec<V> {
        pairs.into_iter().map(|(_, value)| value).collect()
    }
}

/// One of the keys of a bulk function.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be one of many keys",
    label = "the keys of a call are copied and told apart",
    note = "derive `Clone`, `PartialEq`, `Eq` and `Hash` for it"
)]
pub trait BulkArgument: Eq + Hash + Clone {}

#[diagnostic::do_not_recommend]
impl<K: Eq + Hash + Clone> BulkArgument for K {}

/// The keys that a function was given, for the call to keep.
pub fn keys_of<K: BulkArgument>(keys: &[K]) -> Vec<K> {
    keys.to_vec()
}

/// What a call of a bulk function is about.
#[derive(Debug)]
pub struct Bulk<K, Entry, Describe, E> {
    /// The keys.
    pub keys: Vec<K>,
    /// The entry of a key.
    pub entry: Entry,
    /// What the attribute says of it.
    pub settings: Describe,
    /// How errors are shared.
    pub sharing: Sharing<E>,
    /// Load even what is there.
    pub anew: bool,
}

/// Returns the values that are there, and those that the function returns for the others, in the order of the keys.
pub async fn load_many<const SHAPE: u8, R, K, V, Fut>(
    bulk: Bulk<K, impl Fn(&K) -> EntryOf<V>, impl Fn(&K) -> Settings<V>, R::Error>,
    form: impl Form<K, V, All = R::Value>,
    mut loader: impl FnMut(Vec<K>) -> Fut,
) -> Result<R::Value, R::Error>
where
    R: Outcome<SHAPE>,
    K: BulkArgument,
    V: Clone + Send + Sync + 'static,
    Fut: Future<Output = R>,
{
    let Bulk { keys, entry, settings, sharing, anew } = bulk;
    let (form, entry, settings) = (&form, &entry, &settings);
    let manner = if anew { Manner::Anew } else { Manner::Shared };
    let order = distinct(keys);
    let (mut found, mut pending, mut uncached) =
        (HashMap::with_capacity(order.len()), Vec::new(), Vec::new());
    for key in &order {
        let entry = entry(key);
        if let Some(value) = (!anew).then(|| entry.look()).flatten() {
            found.insert(key.clone(), value);
            continue;
        }
        match entry.call(settings(key), sharing, manner) {
            Some(call) => pending.push((key.clone(), call)),
            None => uncached.push(key.clone()),
        }
    }
    let loaded = drive_many(pending, |leads| {
        let beside = |key: K, value, moment| entry(&key).fill(value, settings(&key), moment);
        let batch = Batch::new(leads);
        let loading = batch.begin(&mut loader);
        batch.run(
            async move { loading.await.split().map(|values| form.split(values).into_iter().collect()) },
            sharing,
            beside,
        )
    });
    let (loaded, failure) = loaded.await;
    if let Some(failure) = failure {
        return Err(surfaced(failure, sharing));
    }
    found.extend(loaded);
    if !uncached.is_empty() {
        found.extend(form.split(loader(uncached).await.split()?));
    }
    let pairs = order.into_iter().filter_map(|key| found.remove(&key).map(|value| (key, value)));
    Ok(form.gather(pairs.collect()))
}

/// As [`load_many`], on a thread that may block.
pub fn load_many_blocking<const SHAPE: u8, R, K, V>(
    bulk: Bulk<K, impl Fn(&K) -> EntryOf<V>, impl Fn(&K) -> Settings<V>, R::Error>,
    form: impl Form<K, V, All = R::Value>,
    mut loader: impl FnMut(Vec<K>) -> R,
) -> Result<R::Value, R::Error>
where
    R: Outcome<SHAPE>,
    K: BulkArgument,
    V: Clone + Send + Sync + 'static,
{
    block_on(load_many::<SHAPE, R, K, V, _>(bulk, form, |keys| ready(loader(keys))))
}
