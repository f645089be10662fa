//! The runtime: which caches and instances annotated functions use, and how a test or a tenant gets its own.

mod builder;
mod scope;

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync::{Arc, OnceLock};

use crate::cache::HydraCache;
use crate::call_site::CallSite;
use crate::event::Counters;
use crate::registry::Registry;

pub use builder::RuntimeBuilder;
use builder::listed;
pub(crate) use scope::{Scope, Scoped};

/// The caches that annotated functions use, the instances they are given, and the registry of the functions.
///
/// A program installs one at start-up, after which every problem with it is known:
///
/// ```
/// use std::time::Duration;
/// use hydracache_runtime::{HydraCache, Runtime};
///
/// # fn main() -> Result<(), hydracache_runtime::Error> {
/// Runtime::builder()
///     .cache(HydraCache::local().default_ttl(Duration::from_secs(300)).build())
///     .named("sessions", HydraCache::local().name("sessions").build())
///     .install()?;
/// assert_eq!(Runtime::current().cache("sessions").expect("just named").name(), "sessions");
/// # Ok(())
/// # }
/// ```
///
/// Without one, the first annotated call makes a runtime with a default local cache.
#[derive(Clone)]
pub struct Runtime(Arc<Inner>);

struct Inner {
    default: HydraCache,
    named: BTreeMap<String, HydraCache>,
    /// Each an `Arc<T>`, by the `T`, which may be a trait.
    provided: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
    functions: Box<[FunctionState]>,
}

/// What a runtime knows of one function.
#[derive(Debug)]
pub(crate) struct FunctionState {
    /// `None` when the function has an expression for it, or names a cache that this runtime does not have.
    pub(crate) cache: Option<HydraCache>,
    counters: OnceLock<Arc<Counters>>,
}

impl Drop for FunctionState {
    /// What was counted stays with the cache when the runtime goes.
    fn drop(&mut self) {
        if let (Some(cache), Some(counters)) = (&self.cache, self.counters.get()) {
            cache.engine.forget_function(counters);
        }
    }
}

impl FunctionState {
    /// The function's own counters. If it has one cache, that adds them to its own.
    #[inline]
    pub(crate) fn counters(&self) -> &Arc<Counters> {
        self.counters.get_or_init(|| {
            let counters = Arc::new(Counters::new(self.cache.is_some()));
            if let Some(cache) = &self.cache {
                cache.engine.count_function(&counters);
            }
            counters
        })
    }
}

/// The runtime of this process.
struct Installed {
    runtime: Runtime,
    /// Who made it.
    by: String,
}

static INSTALLED: OnceLock<Installed> = OnceLock::new();

impl Runtime {
    /// A builder; without further words it has a default local cache and nothing else.
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder::default()
    }

    /// The runtime of the current scope, else the installed one, else one with a default cache that is made now.
    #[track_caller]
    pub fn current() -> Self {
        let caller = Location::caller();
        Scope::current().0.map_or_else(|| installed(|| caller.to_string()).clone(), Self)
    }

    /// The cache of functions that name none.
    pub fn default_cache(&self) -> &HydraCache {
        &self.0.default
    }

    /// The cache of that name.
    pub fn cache(&self, name: &str) -> Option<&HydraCache> {
        self.0.named.get(name)
    }

    /// The names of the named caches, sorted.
    pub fn cache_names(&self) -> impl Iterator<Item = &str> {
        self.0.named.keys().map(String::as_str)
    }

    /// The instance of `T` that was provided.
    pub fn provided<T: ?Sized + Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.0.provided.get(&TypeId::of::<T>())?.downcast_ref::<Arc<T>>().cloned()
    }

    pub(crate) fn provides(&self, id: TypeId) -> bool {
        self.0.provided.contains_key(&id)
    }

    /// Everything that attributes registered in this program. What it loads, it loads in this runtime.
    pub fn registry(&self) -> Registry {
        Registry::of_runtime(self.clone())
    }

    /// Runs a future in which annotated functions use this runtime. Loads that outlive it keep the scope; tasks that
    /// it spawns do not.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        Scoped::new(Scope(Some(Arc::clone(&self.0))), future)
    }

    /// Runs a closure in which annotated functions use this runtime.
    pub fn sync_scope<R>(&self, work: impl FnOnce() -> R) -> R {
        Scope(Some(Arc::clone(&self.0))).enter(work)
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("default", &self.0.default)
            .field("named", &self.0.named)
            .finish_non_exhaustive()
    }
}

/// The runtime of the process, made now if there is none; `caller` tells who needed it first.
fn installed(caller: impl FnOnce() -> String) -> &'static Runtime {
    let installed = INSTALLED.get_or_init(|| {
        let (runtime, problems) = RuntimeBuilder::default().assemble();
        if !problems.is_empty() {
            tracing::error!("the implicit runtime has {}", listed(&problems));
        }
        Installed { runtime, by: format!("the implicit default was first used by {}", caller()) }
    });
    &installed.runtime
}

/// Does something with the state of a function in the runtime that the current call belongs to.
#[inline]
pub(crate) fn with_function<R>(site: &'static CallSite, work: impl FnOnce(Option<&FunctionState>) -> R) -> R {
    let position = site.position();
    match Scope::current().0 {
        Some(inner) => work(position.and_then(|at| inner.functions.get(at))),
        None => {
            let runtime = installed(|| site.to_string());
            work(position.and_then(|at| runtime.0.functions.get(at)))
        }
    }
}
