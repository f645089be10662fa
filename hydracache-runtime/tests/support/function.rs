//! An annotated function, written out as its attribute would write it.
//!
//! Tags that are known only once the value is known exist for annotated functions alone, so this is the way to them.

use std::convert::Infallible;
use std::future::Future;

use hydracache_runtime::macro_support::{
    self, Access, CallSite, Draft, ErrorProbe, Facts, InPlace, KeyBuf, Lookup, Miss, Outlives, PLAIN, RESULT,
    Request, Settings, ShareClone as _, Sharing, Submitted, ValueOnly, inventory,
};
use hydracache_runtime::{Applied, CacheChoice, CacheOptions, HydraCache, Runtime};

use super::source::Row;

static SITE: CallSite = CallSite::new(Facts {
    name: "rows.get",
    version: 0,
    cache: CacheChoice::Default,
    key: "{key}",
    tags: &["row:{key}"],
    ttl: None,
    arguments: &["key"],
    value_type: None,
    is_async: true,
    memory_only: false,
    has_weight: false,
    refresh: hydracache_runtime::RefreshOptions::new(),
    settings: &[],
    package: env!("CARGO_PKG_NAME"),
    module: module_path!(),
    file: file!(),
    line: line!(),
});

inventory::submit!(Submitted(&SITE));

/// The tag that is declared before a load.
pub(crate) fn declared_tag(key: u64) -> String {
    format!("row:{key}")
}

/// The tag that the loaded row brings along.
pub(crate) fn late_tag(key: u64) -> String {
    format!("late:{key}")
}

fn finish(row: &Row, draft: &mut Draft) {
    draft.tags([late_tag(row.key)]);
}

/// The function in a runtime of its own.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    pub(crate) cache: HydraCache,
    runtime: Runtime,
}

impl Function {
    pub(crate) fn new(cache: HydraCache) -> Self {
        let runtime = Runtime::builder().cache(cache.clone()).build().expect("nothing is wrong with it");
        Self { cache, runtime }
    }

    /// The text of the key of a call, as raw operations need it.
    pub(crate) fn key(key: u64) -> String {
        macro_support::key(&SITE, write(key)).as_str().to_owned()
    }

    fn lookup(&self, key: u64) -> Lookup<Row> {
        self.runtime.sync_scope(|| {
            macro_support::lookup::<Row, ValueOnly>(&SITE, Access::encodable(), None, write(key))
        })
    }

    fn request<E>(key: u64, sharing: Sharing<E>) -> Request<Row, E> {
        Request { site: &SITE, access: Access::encodable(), settings: settings(key), sharing, anew: false }
    }

    /// The cached row, without a load.
    pub(crate) fn get(&self, key: u64) -> Option<Row> {
        match self.lookup(key) {
            Lookup::Hit(row) => Some(row),
            Lookup::Miss(_) => None,
        }
    }

    /// A call whose load outlives it.
    pub(crate) async fn call<Fut>(&self, key: u64, loader: impl FnOnce() -> Fut) -> Row
    where
        Fut: Future<Output = Row> + Send + 'static,
    {
        match self.lookup(key) {
            Lookup::Hit(row) => row,
            Lookup::Miss(miss) => self.load(miss, key, false, loader).await,
        }
    }

    /// A call that loads whatever is cached or under way.
    pub(crate) async fn refresh<Fut>(&self, key: u64, loader: impl FnOnce() -> Fut) -> Row
    where
        Fut: Future<Output = Row> + Send + 'static,
    {
        let miss = self.runtime.sync_scope(|| macro_support::skip_lookup(&SITE, None, write(key)));
        self.load(miss, key, true, loader).await
    }

    async fn load<Fut>(&self, miss: Miss, key: u64, anew: bool, loader: impl FnOnce() -> Fut) -> Row
    where
        Fut: Future<Output = Row> + Send + 'static,
    {
        let request = Request { anew, ..Self::request(key, never_fails()) };
        let Ok(loaded) = self.runtime.scope(Outlives.load::<PLAIN, Row, _, _>(miss, request, loader)).await;
        loaded.into_value()
    }

    /// A call whose load borrows from its caller.
    pub(crate) async fn call_in_place<Fut>(&self, key: u64, loader: impl FnOnce() -> Fut) -> Row
    where
        Fut: Future<Output = Row>,
    {
        match self.lookup(key) {
            Lookup::Hit(row) => row,
            Lookup::Miss(miss) => {
                let request = Self::request(key, never_fails());
                let Ok(loaded) = InPlace.load::<PLAIN, Row, _, _>(miss, request, loader).await;
                loaded.into_value()
            }
        }
    }

    /// A call that may fail, and whose load borrows from its caller.
    pub(crate) async fn try_call<E, Fut>(
        &self,
        key: u64,
        sharing: Sharing<E>,
        loader: impl FnOnce() -> Fut,
    ) -> Result<Row, E>
    where
        Fut: Future<Output = Result<Row, E>>,
    {
        match self.lookup(key) {
            Lookup::Hit(row) => Ok(row),
            Lookup::Miss(miss) => {
                let request = Self::request(key, sharing);
                let loaded = InPlace.load::<RESULT, Result<Row, E>, _, _>(miss, request, loader).await?;
                Ok(loaded.into_value())
            }
        }
    }

    /// A call from a thread that may block.
    pub(crate) fn call_blocking(&self, key: u64, loader: impl FnOnce() -> Row) -> Row {
        match self.lookup(key) {
            Lookup::Hit(row) => row,
            Lookup::Miss(miss) => {
                let request = Self::request(key, never_fails());
                let Ok(loaded) = macro_support::load_blocking::<PLAIN, Row>(miss, request, loader);
                loaded.into_value()
            }
        }
    }

    pub(crate) fn put(&self, row: Row) -> Applied {
        let (access, settings) = (Access::encodable(), settings(row.key));
        self.runtime.sync_scope(|| macro_support::put(&SITE, access, None, write(row.key), settings, row))
    }

    pub(crate) fn invalidate(&self, key: u64) -> Applied<bool> {
        self.runtime.sync_scope(|| macro_support::invalidate(&SITE, None, write(key)))
    }

    pub(crate) fn expire(&self, key: u64) -> Applied<bool> {
        self.runtime.sync_scope(|| macro_support::expire(&SITE, None, write(key)))
    }

    pub(crate) fn clear(&self) -> Applied {
        self.runtime.sync_scope(|| macro_support::clear(&SITE, None))
    }
}

fn write(key: u64) -> impl FnOnce(&mut KeyBuf, &'static CallSite) {
    move |text, site| {
        text.push_raw(site.prefix());
        text.push_segment(&key);
    }
}

fn settings(key: u64) -> Settings<Row> {
    Settings { options: CacheOptions::new().tag(declared_tag(key)), finish: Some(finish) }
}

fn never_fails() -> Sharing<Infallible> {
    (&&&ErrorProbe::<Infallible>::new()).sharing(None)
}
