//! What an attribute knows about its function at compile time.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::key::escape_into;
use crate::options::RefreshOptions;
use crate::place::place_in_source;
use crate::policy::Windows;
use crate::registry;
use crate::registry::defaults::{self, Defaults};

/// The facts that an attribute writes down; a plain list, so that generated code is one literal.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    pub name: &'static str,
    pub version: u32,
    pub cache: CacheChoice,
    pub key: &'static str,
    pub tags: &'static [&'static str],
    pub ttl: Option<&'static str>,
    pub arguments: &'static [&'static str],
    pub value_type: Option<fn() -> &'static str>,
    pub is_async: bool,
    pub memory_only: bool,
    pub has_weight: bool,
    pub refresh: RefreshOptions,
    pub settings: &'static [(&'static str, &'static str)],
    pub package: &'static str,
    pub module: &'static str,
    pub file: &'static str,
    pub line: u32,
}

/// Which cache a function uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CacheChoice {
    /// The default cache of the runtime.
    Default,
    /// The cache that was named so in the runtime.
    Named(&'static str),
    /// Whatever the expression in the attribute evaluates to at each call.
    Expression,
}

/// The descriptor of one annotated function.
///
/// Every attribute makes one at compile time and submits it to the [`Registry`](crate::Registry), so that a function
/// which was never called is listed as well.
pub struct CallSite {
    facts: Facts,
    windows: Windows,
    defaults: OnceLock<Defaults>,
    position: OnceLock<Option<usize>>,
    prefix: OnceLock<Box<str>>,
    complained: AtomicBool,
}

impl CallSite {
    #[doc(hidden)]
    pub const fn new(facts: Facts) -> Self {
        let windows = Windows::of(&facts.refresh);
        Self {
            facts,
            windows,
            defaults: OnceLock::new(),
            position: OnceLock::new(),
            prefix: OnceLock::new(),
            complained: AtomicBool::new(false),
        }
    }

    /// The name of the function: what the attribute says, else package, module and function.
    pub fn name(&self) -> &'static str {
        self.facts.name
    }

    /// The version of what the function returns. Entries of another version are never seen.
    pub fn version(&self) -> u32 {
        self.facts.version
    }

    /// Which cache the function uses: what the attribute says, else what its module does.
    pub fn cache(&self) -> CacheChoice {
        match (self.facts.cache, self.defaults().cache) {
            (CacheChoice::Default, Some(name)) => CacheChoice::Named(name),
            (said, _) => said,
        }
    }

    /// The key as it is written in the attribute, or the arguments it consists of.
    pub fn key_template(&self) -> &'static str {
        self.facts.key
    }

    /// The tags as they are written in the attribute.
    pub fn tag_templates(&self) -> &'static [&'static str] {
        self.facts.tags
    }

    /// The time to live as it is written in the attribute, else in the defaults of its module.
    pub fn ttl(&self) -> Option<&'static str> {
        self.facts.ttl.or_else(|| self.defaults().ttl.map(|(written, _)| written))
    }

    /// The time to live of entries for which the attribute says none.
    pub(crate) fn default_ttl(&self) -> Option<Duration> {
        self.defaults().ttl.map(|(_, ttl)| ttl)
    }

    fn defaults(&self) -> &Defaults {
        self.defaults.get_or_init(|| defaults::of_module(self.facts.module))
    }

    /// How calls treat values that are old, and loads that are slow or fail.
    pub fn refresh_options(&self) -> RefreshOptions {
        self.facts.refresh
    }

    /// The other keys of the attribute and what they are set to, as they are written.
    pub fn settings(&self) -> &'static [(&'static str, &'static str)] {
        self.facts.settings
    }

    pub(crate) fn windows(&self) -> &Windows {
        &self.windows
    }

    /// The names of the arguments.
    pub fn arguments(&self) -> &'static [&'static str] {
        self.facts.arguments
    }

    /// The type of the values; unknown for a generic function, which has many.
    pub fn value_type(&self) -> Option<&'static str> {
        self.facts.value_type.map(|name| name())
    }

    /// Whether the function is `async`.
    pub fn is_async(&self) -> bool {
        self.facts.is_async
    }

    /// Whether its values never leave memory.
    pub fn is_memory_only(&self) -> bool {
        self.facts.memory_only
    }

    /// Whether the attribute says what a value weighs.
    pub fn has_weight(&self) -> bool {
        self.facts.has_weight
    }

    place_in_source!("function", "attribute");

    /// The namespace of the function's entries: its name and version. [`HydraCache::typed`](crate::HydraCache::typed)
    /// takes it to look at them.
    pub fn namespace(&self) -> String {
        format!("{}@{}", self.facts.name, self.facts.version)
    }

    /// The namespace as the keys begin with it.
    pub(crate) fn escaped_namespace(&self) -> &str {
        let prefix = self.prefix();
        &prefix[..prefix.len() - 1]
    }

    /// Whether this is the first complaint about the function; the others are not logged.
    pub(crate) fn complains_first(&self) -> bool {
        !self.complained.swap(true, Ordering::Relaxed)
    }

    /// The namespace and the separator after it, with which every key of the function begins.
    #[doc(hidden)]
    #[inline]
    pub fn prefix(&self) -> &str {
        self.prefix.get_or_init(|| {
            let mut prefix = String::new();
            escape_into(self.facts.name, |piece| prefix.push_str(piece));
            prefix.push('@');
            prefix.push_str(&self.facts.version.to_string());
            prefix.push(':');
            prefix.into()
        })
    }

    /// The place of this function among all; `None` if it was linked in after the registry was read.
    #[inline]
    pub(crate) fn position(&'static self) -> Option<usize> {
        *self.position.get_or_init(|| registry::position_of(self))
    }
}

impl fmt::Debug for CallSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.facts, f)
    }
}

impl fmt::Display for CallSite {
    /// Name and place, as errors show them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({}:{})", self.facts.name, self.facts.file, self.facts.line)
    }
}
