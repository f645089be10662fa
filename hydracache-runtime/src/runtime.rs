//! The runtime: which caches and instances annotated functions use, and how a test or a tenant gets its own.

use std::any::{Any, TypeId, type_name};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use crate::cache::HydraCache;
use crate::call_site::{CacheChoice, CallSite};
use crate::error::{Error, ErrorKind};
use crate::event::Counters;
use crate::registry::Registry;
use crate::sync::thread_local;

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

thread_local! {
    static SCOPE: RefCell<Scope> = const { RefCell::new(Scope(None)) };
}

/// The runtime of the current scope, if there is one.
#[derive(Clone, Default)]
pub(crate) struct Scope(Option<Arc<Inner>>);

/// Set when the first scope is entered: a program without scopes does not look for one at every call.
static SCOPES: AtomicBool = AtomicBool::new(false);

impl Scope {
    #[inline]
    pub(crate) fn current() -> Self {
        if !SCOPES.load(Ordering::Relaxed) {
            return Self(None);
        }
        SCOPE.try_with(|scope| scope.borrow().clone()).unwrap_or_default()
    }

    pub(crate) fn enter<R>(self, work: impl FnOnce() -> R) -> R {
        struct Restore(Scope);
        impl Drop for Restore {
            fn drop(&mut self) {
                let _ = SCOPE.try_with(|scope| scope.replace(std::mem::take(&mut self.0)));
            }
        }
        SCOPES.store(true, Ordering::Relaxed);
        let _restore = Restore(SCOPE.with(|scope| scope.replace(self)));
        work()
    }
}

/// A future that is polled in a scope.
pub(crate) struct Scoped<F> {
    scope: Scope,
    future: Pin<Box<F>>,
}

impl<F> Scoped<F> {
    pub(crate) fn new(scope: Scope, future: F) -> Self {
        Self { scope, future: Box::pin(future) }
    }
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let scope = self.scope.clone();
        scope.enter(|| self.future.as_mut().poll(context))
    }
}

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

/// Puts a [`Runtime`] together.
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until `install` or `build`"]
pub struct RuntimeBuilder {
    default: Option<HydraCache>,
    named: Vec<(String, HydraCache)>,
    provided: Vec<Provided>,
    expected: Vec<String>,
}

struct Provided {
    id: TypeId,
    name: &'static str,
    instance: Box<dyn Any + Send + Sync>,
}

impl fmt::Debug for Provided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl RuntimeBuilder {
    /// The cache of functions that name none.
    pub fn cache(mut self, cache: HydraCache) -> Self {
        self.default = Some(cache);
        self
    }

    /// A cache for functions with `cache = "name"`.
    pub fn named(mut self, name: impl Into<String>, cache: HydraCache) -> Self {
        self.named.push((name.into(), cache));
        self
    }

    /// An instance that loaders are given: the receiver of a method, and every argument of that type that is no part of
    /// the key. `T` may be a trait, as in `provide::<dyn Mailer>(mailer)`.
    pub fn provide<T: ?Sized + Send + Sync + 'static>(mut self, instance: Arc<T>) -> Self {
        let (id, name) = (TypeId::of::<T>(), type_name::<T>());
        self.provided.push(Provided { id, name, instance: Box::new(instance) });
        self
    }

    /// Expects annotated functions of this package to be linked in. A dependency that no code names is dropped by the
    /// compiler, functions and all; `use that_crate as _;` keeps it.
    pub fn expect_package(mut self, package: impl Into<String>) -> Self {
        self.expected.push(package.into());
        self
    }

    /// Makes the runtime without installing it, for [`Runtime::scope`]. A loader whose instance is not provided is no
    /// problem here: a test or a tenant may do without it.
    ///
    /// # Errors
    ///
    /// [`Configuration`](ErrorKind::Configuration), listing every problem of the runtime and of all annotated functions.
    pub fn build(self) -> Result<Runtime, Error> {
        let (runtime, problems) = self.assemble();
        refuse(&problems).map(|()| runtime)
    }

    /// Makes the runtime that of the process.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build), and for each instance that a loader needs and nobody provides;
    /// [`AlreadyInstalled`](ErrorKind::AlreadyInstalled) if there is a runtime, naming where it came from.
    #[track_caller]
    pub fn install(self) -> Result<Runtime, Error> {
        let caller = Location::caller();
        let (runtime, mut problems) = self.assemble();
        problems.extend(runtime.registry().missing_instances(&runtime));
        refuse(&problems)?;
        let installed = Installed { runtime: runtime.clone(), by: format!("one was installed at {caller}") };
        INSTALLED.set(installed).map(|()| runtime).map_err(|_| {
            let by = INSTALLED.get().map_or("", |installed| &installed.by);
            Error::new(
                ErrorKind::AlreadyInstalled,
                format!(
                    "a runtime cannot be installed, because {by}; install once, at start-up, before annotated \
                     functions are called, and use `Runtime::scope` in tests"
                ),
            )
        })
    }

    fn assemble(self) -> (Runtime, Vec<String>) {
        let mut problems = Vec::new();
        let default = self.default.unwrap_or_else(|| HydraCache::local().build());
        let mut named = BTreeMap::new();
        for (name, cache) in self.named {
            if name.is_empty() {
                problems.push("a named cache has an empty name".to_owned());
            } else if named.insert(name.clone(), cache).is_some() {
                problems.push(format!("two caches are named `{name}`"));
            }
        }
        let mut provided = HashMap::new();
        for Provided { id, name, instance } in self.provided {
            if provided.insert(id, instance).is_some() {
                problems.push(format!("two instances of `{name}` are provided"));
            }
        }
        let registry = Registry::of_this_program();
        for package in self.expected {
            if !registry.knows_package(&package) {
                problems.push(format!(
                    "nothing annotated of the package `{package}` is linked in; if nothing names its crate, say \
                     `use {} as _;`",
                    package.replace('-', "_")
                ));
            }
        }
        let cache_of = |site: &CallSite| match site.cache() {
            CacheChoice::Named(name) => named.get(name).cloned(),
            CacheChoice::Default => Some(default.clone()),
            CacheChoice::Expression => None,
        };
        let names: Vec<&str> = named.keys().map(String::as_str).collect();
        problems.extend(registry.problems(cache_of, &names));
        let functions = registry
            .functions()
            .map(|site| FunctionState { cache: cache_of(site), counters: OnceLock::new() })
            .collect();
        (Runtime(Arc::new(Inner { default, named, provided, functions })), problems)
    }
}

fn refuse(problems: &[String]) -> Result<(), Error> {
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Configuration, format!("the runtime has {}", listed(problems))))
}

fn listed(problems: &[String]) -> String {
    let count = match problems.len() {
        1 => "a problem".to_owned(),
        n => format!("{n} problems"),
    };
    format!("{count}:\n  - {}", problems.join("\n  - "))
}
