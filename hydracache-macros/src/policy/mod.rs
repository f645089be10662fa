//! `query_cache_policy!` and `prepared_query_policy!`: how database results are cached, as a list of keys instead of a chain
//! of calls.

mod args;
mod check;
mod read;
mod refresh;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use self::args::{Entity, Policy};
use crate::crate_path::Facade;
use crate::diagnostics::{Errors, generated};

/// Which of the two policies it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Of one result.
    Query,
    /// Of the results of many ids.
    Prepared,
}

impl Kind {
    /// The macro, as it is called.
    fn name(self) -> &'static str {
        match self {
            Self::Query => "query_cache_policy!",
            Self::Prepared => "prepared_query_policy!",
        }
    }
}

/// Expands to the calls that build the policy.
pub(crate) fn expand(tokens: TokenStream, kind: Kind) -> TokenStream {
    let mut errors = Errors::default();
    let policy = Policy::parse(tokens, kind, &mut errors);
    policy.check(kind, &mut errors);
    let database = Facade::of_database(policy.facade.as_ref());
    if database.is_none() {
        errors.at(
            Span::call_site(),
            format!(
                "`{}` makes a policy of the crate `hydracache-db`, which the manifest does not list: run \
                 `cargo add hydracache-db`, or say where else it is found, `crate = my_crate::hydracache_db`",
                kind.name()
            ),
        );
    }
    match database {
        Some(database) if errors.is_empty() => policy.emit(kind, &database),
        _ => errors.into_expression(),
    }
}

/// A call of a method, which is wrong where its argument is.
fn call(method: &str, argument: &impl ToTokens) -> TokenStream {
    let span = generated(argument.span());
    let method = Ident::new(method, span);
    quote_spanned!(span=> .#method(#argument))
}

impl Policy {
    fn emit(&self, kind: Kind, database: &Facade) -> TokenStream {
        let preset = self.preset.clone().unwrap_or_else(|| Ident::new("new", Span::call_site()));
        let policy = match kind {
            Kind::Query => quote!(#database::QueryCachePolicy),
            Kind::Prepared => quote!(#database::PreparedQueryPolicy),
        };
        let name = self.name.as_ref().map(|name| call("with_name", name));
        let (subject, tags) = (self.subject(kind), &self.said_of_tags);
        let ttl = self.ttl.as_ref().map(|ttl| call("ttl", ttl));
        let no_ttl = self.no_ttl.then(|| quote!(.no_ttl()));
        let none_ttl = self.none_ttl.as_ref().map(|ttl| call("none_ttl", ttl));
        let jitter = self.jitter.as_ref().map(|percent| call("jitter", percent));
        let refresh = self.refresh.emit(database).map(|refresh| call("refresh_policy", &refresh));
        quote!(#policy::#preset() #name #subject #tags #ttl #no_ttl #none_ttl #jitter #refresh)
    }

    /// Which result it is.
    fn subject(&self, kind: Kind) -> TokenStream {
        let id = &self.id;
        let entity = match (&self.entity, kind) {
            (None, _) => quote!(),
            (Some(Entity::Name(name)), Kind::Query) => quote!(.entity(#name, #id)),
            (Some(Entity::Name(name)), Kind::Prepared) => quote!(.entity(#name)),
            (Some(Entity::Type(ty)), Kind::Query) => {
                quote_spanned!(generated(ty.span())=> .for_cache_entity::<#ty>(#id))
            }
            (Some(Entity::Type(ty)), Kind::Prepared) => {
                quote_spanned!(generated(ty.span())=> .cache_entity::<#ty>())
            }
        };
        let collection = self.collection.as_ref().map(|name| call("collection", name));
        let key = self.key.as_ref().map(|key| call("key", key));
        quote!(#entity #collection #key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The manifest of this crate does not list the one that is asked for.
    #[test]
    fn without_the_database_crate_the_error_says_how_to_get_it() {
        for (kind, name) in [(Kind::Query, "query_cache_policy!"), (Kind::Prepared, "prepared_query_policy!")]
        {
            let expanded = expand(quote!(ttl = "5m"), kind).to_string();
            assert!(expanded.contains("compile_error") && expanded.contains(name), "{expanded}");
            assert!(expanded.contains("cargo add hydracache-db"), "{expanded}");
        }
    }
}
