//! The registry: everything that attributes in this program know, listed before any of it ran.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::cache::HydraCache;
use crate::call_site::{CacheChoice, CallSite};

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
#[derive(Debug, Clone, Copy, Default)]
pub struct Registry(());

impl Registry {
    /// The registry of this program; every runtime shows the same.
    pub fn of_this_program() -> Self {
        Self(())
    }

    /// Every function with `#[cached]`, sorted by name.
    pub fn functions(&self) -> impl ExactSizeIterator<Item = &'static CallSite> + use<> {
        FUNCTIONS.iter().copied()
    }

    /// The function of that name, if there is one. A name may have several versions; this is the first.
    pub fn function(&self, name: &str) -> Option<&'static CallSite> {
        self.functions().find(|site| site.name() == name)
    }

    /// What is wrong with the functions of this program, given the caches that there are.
    pub(crate) fn problems(
        self,
        cache_of: impl Fn(&CallSite) -> Option<HydraCache>,
        names: &[&str],
    ) -> Vec<String> {
        let mut problems = Vec::new();
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

/// What to say of a function without a cache, unless it finds one at each call.
fn unknown_cache(site: &CallSite, names: &[&str]) -> Option<String> {
    let CacheChoice::Named(asked) = site.cache() else { return None };
    let known = match names {
        [] => "the runtime has no named caches".to_owned(),
        names => format!("the runtime knows {}", names.join(", ")),
    };
    Some(format!("{site} uses the cache `{asked}`, and {known}; add `.named(\"{asked}\", cache)`"))
}
