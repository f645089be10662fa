//! The registry: everything that attributes in this program know, listed before any of it ran.

pub(crate) mod defaults;
mod entity;
mod invalidator;
mod loader;

use std::collections::HashMap;
use std::sync::LazyLock;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cache::HydraCache;
use crate::call_site::{CacheChoice, CallSite};
use crate::error::{CacheResult, Error, ErrorKind};
use crate::runtime::Runtime;

pub use defaults::ModuleDefaults;
pub use entity::{CacheEntity, EntityDescriptor, EntityFacts, entity_tags};
pub use invalidator::{Invalidator, InvalidatorFacts};
pub use loader::{Loader, Loading, Need};
pub(crate) use loader::{decode, decode_first, encode, no_rest, not_provided};

/// One annotated function, as its attribute submits it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Submitted(pub &'static CallSite);

inventory::collect!(Submitted);

/// All functions of the program, in an order that does not depend on the linker.
static FUNCTIONS: LazyLock<Vec<&'static CallSite>> = LazyLock::new(|| {
    let mut functions: Vec<_> =
        inventory::iter::<Submitted>.into_iter().map(|submitted| submitted.0).collect();
    functions.sort_by_key(|site| (site.name(), site.version(), site.file(), site.line()));
    functions
});

/// All loaders, likewise: one is looked up whenever a function is called by its name.
static LOADERS: LazyLock<Vec<&'static Loader>> =
    LazyLock::new(|| sorted(|loader: &Loader| (loader.name(), loader.version())));

/// Where each function stands in that order, by its address.
static POSITIONS: LazyLock<HashMap<usize, usize>> =
    LazyLock::new(|| FUNCTIONS.iter().enumerate().map(|(at, site)| (address(site), at)).collect());

fn address(site: &'static CallSite) -> usize {
    std::ptr::from_ref(site).addr()
}

pub(crate) fn position_of(site: &'static CallSite) -> Option<usize> {
    POSITIONS.get(&address(site)).copied()
}

/// What the attributes of the whole program registered, library crates that are linked in included.
///
/// ```
/// use hydracache_runtime::Registry;
///
/// for function in Registry::of_this_program().functions() {
///     println!("{} in {}", function.name(), function.module());
/// }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Registry(Option<Runtime>);

impl Registry {
    /// The registry of this program; every runtime shows the same. What it loads, it loads in the runtime that is the
    /// current one then.
    pub fn of_this_program() -> Self {
        Self(None)
    }

    pub(crate) fn of_runtime(runtime: Runtime) -> Self {
        Self(Some(runtime))
    }

    /// Every function with `#[cached]`, sorted by name.
    pub fn functions(&self) -> impl ExactSizeIterator<Item = &'static CallSite> + use<> {
        FUNCTIONS.iter().copied()
    }

    /// The function of that name, if there is one. A name may have several versions; this is the first.
    pub fn function(&self, name: &str) -> Option<&'static CallSite> {
        self.functions().find(|site| site.name() == name)
    }

    /// Every type with `#[derive(HydraCacheEntity)]`, sorted by entity.
    pub fn entities(&self) -> impl ExactSizeIterator<Item = &'static EntityDescriptor> + use<> {
        sorted(|entity: &EntityDescriptor| (entity.entity(), entity.file(), entity.line())).into_iter()
    }

    /// Every function with `#[invalidates]` or `#[cache_put]`, one item for each attribute, sorted by place.
    pub fn invalidators(&self) -> impl ExactSizeIterator<Item = &'static Invalidator> + use<> {
        sorted(|writer: &Invalidator| (writer.file(), writer.line(), writer.function())).into_iter()
    }

    /// Every function with `loader`, sorted by name.
    pub fn loaders(&self) -> impl ExactSizeIterator<Item = &'static Loader> + use<> {
        LOADERS.iter().copied()
    }

    /// The loader of that name, if there is one. A name may have several versions; this is the latest.
    pub fn loader(&self, name: &str) -> Option<&'static Loader> {
        self.loaders().filter(|loader| loader.name() == name).last()
    }

    /// Calls a function with `loader` by its name: a hit, or a load that all callers share, as if it had been called.
    ///
    /// `arguments` are those that the key consists of, in their order, as a tuple; one alone may stand for itself. They
    /// travel in the byte form of postcard, as the value does on its way back. Everything else comes from
    /// [`provide`](crate::RuntimeBuilder::provide).
    ///
    /// # Errors
    ///
    /// [`NoLoader`](ErrorKind::NoLoader) for a name that there is none of, [`Encode`](ErrorKind::Encode) and
    /// [`Decode`](ErrorKind::Decode) for arguments or values of other types, [`Configuration`](ErrorKind::Configuration)
    /// for an instance that is not provided, [`Load`](ErrorKind::Load) with the function's own error.
    ///
    /// # Cancel safety
    ///
    /// As a call of the function.
    pub async fn load<V: DeserializeOwned>(&self, name: &str, arguments: impl Serialize) -> CacheResult<V> {
        let encoded = encode(name, "arguments", &arguments)?;
        let version = self.loader(name).map_or(0, Loader::version);
        let value = self.load_encoded(name, version, &encoded).await?;
        decode(name, "the value", &value)
    }

    /// As [`load`](Self::load), for arguments in their byte form and of that version of the function; the value is
    /// returned in its own.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub async fn load_encoded(&self, name: &str, version: u32, arguments: &[u8]) -> CacheResult<Bytes> {
        let mut loaders = self.loaders();
        let Some(loader) = loaders.find(|loader| (loader.name(), loader.version()) == (name, version)) else {
            return Err(no_loader(name, version, self.loaders()));
        };
        let runtime = self.0.clone().unwrap_or_else(Runtime::current);
        let loading = loader.begin(&runtime, arguments)?;
        runtime.scope(loading).await
    }

    /// Whether a package has anything annotated.
    pub(crate) fn knows_package(&self, package: &str) -> bool {
        self.functions().any(|site| site.package() == package)
            || self.entities().any(|entity| entity.package() == package)
            || self.invalidators().any(|writer| writer.package() == package)
    }

    /// Instances that loaders need and the runtime does not have.
    pub(crate) fn missing_instances(&self, runtime: &Runtime) -> Vec<String> {
        self.loaders().flat_map(|loader| loader.missing(runtime)).collect()
    }

    /// What is wrong with the functions of this program, given the caches that there are.
    pub(crate) fn problems(
        &self,
        cache_of: impl Fn(&CallSite) -> Option<HydraCache>,
        names: &[&str],
    ) -> Vec<String> {
        let mut problems: Vec<_> = defaults::problems().collect();
        for pair in FUNCTIONS.windows(2) {
            if (pair[0].name(), pair[0].version()) == (pair[1].name(), pair[1].version()) {
                problems.push(format!(
                    "two functions are called {} and {}; they would share their entries, so give one another `name`",
                    pair[0], pair[1]
                ));
            }
        }
        for site in self.functions() {
            if site.name().is_empty() {
                problems.push(format!("the function at {}:{} has an empty `name`", site.file(), site.line()));
            }
            let Some(cache) = cache_of(site) else {
                problems.extend(unknown_cache(site, names));
                continue;
            };
            if site.is_memory_only() && !site.has_weight() && cache.engine.settings().in_bytes {
                problems.push(format!(
                    "{site} is `memory_only` and uses the cache `{}`, which is bounded in bytes and could not measure \
                     its values; give the attribute a `weight`",
                    cache.name()
                ));
            }
        }
        problems
    }
}

/// What was submitted, in an order that does not depend on the linker.
fn sorted<T: inventory::Collect, K: Ord>(key: impl Fn(&'static T) -> K) -> Vec<&'static T> {
    let mut all: Vec<&'static T> = inventory::iter::<T>.into_iter().collect();
    all.sort_by_key(|item| key(item));
    all
}

/// What to say about a name that has no loader.
fn no_loader(name: &str, version: u32, known: impl Iterator<Item = &'static Loader>) -> Error {
    let known: Vec<_> =
        known.map(|loader| format!("`{}` (version {})", loader.name(), loader.version())).collect();
    let known = match known.len() {
        0 => "the program has none; give the attribute of a function the key `loader`".to_owned(),
        _ => format!("the program has {}", known.join(", ")),
    };
    Error::new(ErrorKind::NoLoader, format!("there is no loader `{name}` of version {version}; {known}"))
}

/// What to say of a function without a cache, unless it finds one at each call.
fn unknown_cache(site: &CallSite, names: &[&str]) -> Option<String> {
    let CacheChoice::Named(asked) = site.cache() else { return None };
    let known = match names {
        [] => "the runtime has no named caches".to_owned(),
        names => format!("the runtime knows {}", names.join(", ")),
    };
    Some(format!("{site} uses the cache `{asked}`, and {known}; add `.named(\"{asked}\", cache)`"))
}
