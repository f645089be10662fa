//! What a module says for all of its functions.

use std::sync::LazyLock;
use std::time::Duration;

/// The defaults of one module, as `cached_defaults!` submits them.
#[doc(hidden)]
#[derive(Debug)]
pub struct ModuleDefaults {
    pub module: &'static str,
    pub ttl: Option<(&'static str, Duration)>,
    pub cache: Option<&'static str>,
    pub file: &'static str,
    pub line: u32,
}

inventory::collect!(ModuleDefaults);

/// All of them, the innermost modules last.
static ALL: LazyLock<Vec<&'static ModuleDefaults>> = LazyLock::new(|| {
    let mut all: Vec<_> = inventory::iter::<ModuleDefaults>.into_iter().collect();
    all.sort_by_key(|defaults| (defaults.module.len(), defaults.module, defaults.file, defaults.line));
    all
});

/// What holds in a module: for each question the answer of the innermost module around it that has one.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Defaults {
    pub(crate) ttl: Option<(&'static str, Duration)>,
    pub(crate) cache: Option<&'static str>,
}

pub(crate) fn of_module(module: &str) -> Defaults {
    let mut found = Defaults::default();
    for defaults in ALL.iter().filter(|defaults| is_around(defaults.module, module)) {
        found.ttl = defaults.ttl.or(found.ttl);
        found.cache = defaults.cache.or(found.cache);
    }
    found
}

fn is_around(outer: &str, inner: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Modules that say something twice.
pub(super) fn problems() -> impl Iterator<Item = String> {
    ALL.windows(2).filter(|pair| pair[0].module == pair[1].module).map(|pair| {
        format!(
            "the module `{}` has defaults at {}:{} and at {}:{}; keep one `cached_defaults!`",
            pair[0].module, pair[0].file, pair[0].line, pair[1].file, pair[1].line
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_around_itself_and_what_is_in_it() {
        assert!(is_around("a::b", "a::b") && is_around("a::b", "a::b::c"));
        assert!(!is_around("a::b", "a::bc") && !is_around("a::b::c", "a::b") && !is_around("a::b", "b"));
    }
}
