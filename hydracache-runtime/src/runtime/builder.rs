//! Making a runtime: what it is given, and everything that is wrong with it in one error.

use std::any::{Any, TypeId, type_name};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, OnceLock};

use super::{FunctionState, INSTALLED, Inner, Installed, Runtime};
use crate::cache::HydraCache;
use crate::call_site::{CacheChoice, CallSite};
use crate::error::{Error, ErrorKind};
use crate::registry::Registry;

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

    pub(super) fn assemble(self) -> (Runtime, Vec<String>) {
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

pub(super) fn listed(problems: &[String]) -> String {
    let count = match problems.len() {
        1 => "a problem".to_owned(),
        n => format!("{n} problems"),
    };
    format!("{count}:\n  - {}", problems.join("\n  - "))
}
