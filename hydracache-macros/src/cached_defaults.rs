//! `cached_defaults!`: what holds for all cached functions of a module.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned;

use crate::cached::args::{Cache, Ttl};
use crate::crate_path::Facade;
use crate::defaults::{Defaults, OF_MODULE};
use crate::diagnostics::Errors;
use crate::duration;

/// Expands the macro: the registry gets to know what holds in the module.
pub(crate) fn expand(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let defaults = Defaults::parse("cached_defaults!", &OF_MODULE, tokens, &mut errors);
    if !defaults.says_something() && errors.is_empty() {
        errors.at(
            Span::call_site(),
            "`cached_defaults!` says nothing: write `ttl = \"5m\"`, `cache = \"sessions\"` or both",
        );
    }
    let none = quote!(::core::option::Option::None);
    let ttl = match &defaults.ttl {
        None => none.clone(),
        Some(Ttl::Literal(text, length)) => {
            let length = duration::tokens(*length);
            quote!(::core::option::Option::Some((#text, #length)))
        }
        Some(Ttl::Expr(expr)) => {
            errors.on(expr, "a module's time to live is known before the program runs: write it as a text, `ttl = \"5m\"`");
            none.clone()
        }
        Some(Ttl::OfValue(closure)) => {
            errors.on(
                closure,
                "a module has no value to ask: write its time to live as a text, `ttl = \"5m\"`",
            );
            none.clone()
        }
    };
    let cache = match &defaults.cache {
        None => none,
        Some(Cache::Named(name)) => quote!(::core::option::Option::Some(#name)),
        Some(Cache::Expr(expr)) => {
            errors.at(expr.span(), "a module names its cache: write `cache = \"sessions\"`, and `.named(\"sessions\", cache)` at start-up");
            none
        }
    };
    if !errors.is_empty() {
        return errors.into_tokens();
    }
    let facade = Facade::new(defaults.facade.as_ref());
    quote! {
        const _: () = {
            #facade::__private::inventory::submit! {
                #facade::__private::ModuleDefaults {
                    module: ::core::module_path!(),
                    ttl: #ttl,
                    cache: #cache,
                    file: ::core::file!(),
                    line: ::core::line!(),
                }
            }
        };
    }
}
