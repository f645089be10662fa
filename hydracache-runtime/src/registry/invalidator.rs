//! Functions that write, as `#[invalidates]` and `#[cache_put]` submit them.

use std::fmt;

use crate::place::place_in_source;

/// What an attribute on a function that writes knows of it.
///
/// ```
/// use hydracache_runtime::Registry;
///
/// for writer in Registry::of_this_program().invalidators() {
///     println!("{writer} makes {} wrong", writer.targets().join(", "));
/// }
/// ```
#[derive(Debug)]
pub struct Invalidator {
    facts: InvalidatorFacts,
}

/// The facts that an attribute writes down.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct InvalidatorFacts {
    pub function: &'static str,
    pub puts: bool,
    pub targets: &'static [&'static str],
    pub tags: &'static [&'static str],
    pub at: &'static str,
    pub package: &'static str,
    pub module: &'static str,
    pub file: &'static str,
    pub line: u32,
}

inventory::collect!(Invalidator);

impl Invalidator {
    #[doc(hidden)]
    pub const fn new(facts: InvalidatorFacts) -> Self {
        Self { facts }
    }

    /// The name of the function.
    pub fn function(&self) -> &'static str {
        self.facts.function
    }

    /// Whether it stores what was written, as `#[cache_put]` does, instead of invalidating.
    pub fn puts(&self) -> bool {
        self.facts.puts
    }

    /// The entries it invalidates or stores, as they are written in the attribute.
    pub fn targets(&self) -> &'static [&'static str] {
        self.facts.targets
    }

    /// The tags it invalidates, as they are written in the attribute.
    pub fn tags(&self) -> &'static [&'static str] {
        self.facts.tags
    }

    /// When it does that: `after_ok`, `always`, `before`, or `commit` for that of a transaction.
    pub fn at(&self) -> &'static str {
        self.facts.at
    }

    place_in_source!("function", "attribute");
}

impl fmt::Display for Invalidator {
    /// Name and place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { facts: InvalidatorFacts { module, function, file, line, .. } } = self;
        write!(f, "`{module}::{function}` ({file}:{line})")
    }
}
