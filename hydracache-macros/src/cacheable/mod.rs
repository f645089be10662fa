//! `cacheable!` and `cacheable_infallible!`: one call of the cache, written as a list of keys.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, ExprLit, Ident, Lit, Token};

use crate::diagnostics::{Errors, did_you_mean, listed};
use crate::{crate_path, duration};

const KEYS: [&str; 8] = ["cache", "key", "load", "ttl", "ttl_secs", "tag", "tags", "options"];

/// Expands to a call of `method` with the options that the keys describe.
pub(crate) fn expand(tokens: TokenStream, method: &str) -> TokenStream {
    let mut errors = Errors::default();
    let keys = match (|input: ParseStream<'_>| parse(input)).parse2(tokens) {
        Ok(keys) => keys,
        Err(error) => return error.to_compile_error(),
    };
    let mut call = Call::default();
    for (key, value) in keys {
        call.take(&key, value, &mut errors);
    }
    let tokens = call.emit(method, &mut errors);
    if errors.is_empty() { tokens } else { errors.into_tokens() }
}

fn parse(input: ParseStream<'_>) -> syn::Result<Vec<(Ident, Expr)>> {
    let mut keys = Vec::new();
    while !input.is_empty() {
        let key = Ident::parse_any(input)?;
        input.parse::<Token![=]>().map_err(|error| {
            syn::Error::new(error.span(), format!("`{key}` needs a value: write `{key} = ...`"))
        })?;
        keys.push((key, input.parse()?));
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(keys)
}

#[derive(Default)]
struct Call {
    cache: Option<Expr>,
    key: Option<Expr>,
    load: Option<Expr>,
    options: Option<Expr>,
    has_ttl: bool,
    said: TokenStream,
}

impl Call {
    fn take(&mut self, key: &Ident, value: Expr, errors: &mut Errors) {
        let once = |place: &mut Option<Expr>, value: Expr, errors: &mut Errors| {
            if place.replace(value).is_some() {
                errors.on(key, format!("`{key}` is given twice; keep one of them"));
            }
        };
        match key.to_string().as_str() {
            "cache" => once(&mut self.cache, value, errors),
            "key" => once(&mut self.key, value, errors),
            "load" => once(&mut self.load, value, errors),
            "options" => once(&mut self.options, value, errors),
            "tag" => self.said.extend(quote!(.tag(#value))),
            "tags" => self.said.extend(quote!(.tags(#value))),
            name @ ("ttl" | "ttl_secs") => {
                if std::mem::replace(&mut self.has_ttl, true) {
                    errors.on(key, "the time to live is given twice; keep one of `ttl` and `ttl_secs`");
                }
                let ttl = if name == "ttl" {
                    ttl(&value, errors)
                } else {
                    quote!(::core::time::Duration::from_secs(#value))
                };
                self.said.extend(quote!(.ttl(#ttl)));
            }
            name => {
                let meant = did_you_mean(name, KEYS);
                errors.on(key, format!("`{name}` is not a key here{meant}\nthe keys are {}", listed(KEYS)));
            }
        }
    }

    fn emit(self, method: &str, errors: &mut Errors) -> TokenStream {
        let Self { cache: Some(cache), key: Some(key), load: Some(load), options, said, .. } = self else {
            errors.at(
                proc_macro2::Span::call_site(),
                "`cache`, `key` and `load` are needed: `cacheable!(cache = cache, key = \"user:42\", load = || async { .. })`",
            );
            return TokenStream::new();
        };
        let facade = crate_path::facade(None);
        let method = Ident::new(method, proc_macro2::Span::call_site());
        let options =
            options.map_or_else(|| quote!(#facade::CacheOptions::new()), |options| quote!((#options)));
        quote!((#cache).#method(#key, #options #said, #load))
    }
}

fn ttl(value: &Expr, errors: &mut Errors) -> TokenStream {
    let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = value else { return quote!(#value) };
    match duration::parse(&text.value()) {
        Ok(duration) => duration::tokens(duration),
        Err(why) => {
            errors.at(text.span(), why);
            TokenStream::new()
        }
    }
}
