//! What holds for many cached functions at once: those of an impl block, or those of a module.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, LitStr, Path};

use crate::cached::args::{Args, Cache, Ttl};
use crate::cached::read::{named, read_cache, read_facade, read_ttl};
use crate::diagnostics::Errors;
use crate::parts::{Keys, Said, each_part};

const NAME: (&str, &str) = ("name", "name = \"orders\"");
const TTL: (&str, &str) = ("ttl", "ttl = \"5m\"");
const CACHE: (&str, &str) = ("cache", "cache = \"sessions\"");
const CRATE: (&str, &str) = ("crate", "crate = my_crate::hydracache");

/// The keys of an impl block.
pub(crate) const OF_IMPL: [(&str, &str); 4] = [NAME, TTL, CACHE, CRATE];
/// The keys of a module.
pub(crate) const OF_MODULE: [(&str, &str); 3] = [TTL, CACHE, CRATE];

/// What was said for all of them.
#[derive(Debug, Default)]
pub(crate) struct Defaults {
    /// What names begin with.
    pub(crate) name: Option<LitStr>,
    pub(crate) ttl: Option<Ttl>,
    pub(crate) cache: Option<Cache>,
    pub(crate) facade: Option<Path>,
    said: Said,
}

impl Defaults {
    pub(crate) fn parse(attribute: &str, keys: &Keys, tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut defaults = Self::default();
        each_part(tokens, errors, |input, errors| defaults.parse_one(attribute, keys, input, errors));
        defaults
    }

    /// Whether a function is told anything.
    pub(crate) fn says_something(&self) -> bool {
        self.said.anything_but("crate")
    }

    fn parse_one(
        &mut self,
        attribute: &str,
        keys: &Keys,
        input: ParseStream<'_>,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        let key = self.said.read(attribute, keys, input, errors)?;
        key.equals(input)?;
        let example = key.example;
        match key.name {
            "name" => {
                let takes = format!("`name` takes what the names of the functions begin with: `{example}`");
                self.name = Some(named(input, &takes)?);
            }
            "ttl" => self.ttl = Some(read_ttl(input, example)?),
            "cache" => self.cache = Some(read_cache(input, example)?),
            _ => self.facade = Some(read_facade(input, example)?),
        }
        Ok(())
    }

    /// Says to one function what it does not say itself.
    pub(crate) fn apply(&self, method: &Ident, args: &mut Args) {
        if let (Some(prefix), None) = (&self.name, args.said("name")) {
            let name = format!("{}.{}", prefix.value(), method.unraw());
            args.name = Some(LitStr::new(&name, prefix.span()));
            args.say(Ident::new("name", prefix.span()));
        }
        // The function whose entries are used says the rest of itself.
        if args.said("entries").is_some() {
            args.facade = args.facade.take().or_else(|| self.facade.clone());
            return;
        }
        if let (Some(ttl), None) = (&self.ttl, args.said("ttl")) {
            args.ttl = Some(ttl.clone());
            args.say(Ident::new("ttl", method.span()));
        }
        if let (Some(cache), None) = (&self.cache, args.said("cache")) {
            args.cache = Some(cache.clone());
            args.say(Ident::new("cache", method.span()));
        }
        if args.facade.is_none() {
            args.facade.clone_from(&self.facade);
        }
    }
}
