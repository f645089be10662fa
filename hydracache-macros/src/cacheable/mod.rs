//! `cacheable!` and `cacheable_infallible!`: one call of the cache, written as a list of keys.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, Token};

use crate::crate_path::Facade;
use crate::diagnostics::{Errors, did_you_mean, listed};
use crate::time::Time;

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
    match call.emit(method, &mut errors) {
        Some(tokens) if errors.is_empty() => tokens,
        _ => errors.into_expression(),
    }
}

fn parse(input: ParseStream<'_>) -> syn::Result<Vec<(Ident, Expr)>> {
    let mut keys = Vec::new();
    while !input.is_empty() {
        let key = Ident::parse_any(input).map_err(|error| {
            syn::Error::new(
                error.span(),
                format!("a key is missing, such as `key = \"user:42\"`\n{}", known()),
            )
        })?;
        let needs_value = |_| syn::Error::new(key.span(), format!("`{key}` needs a value: `{key} = ..`"));
        input.parse::<Token![=]>().map_err(needs_value)?;
        keys.push((key, input.parse()?));
        if !input.is_empty() && input.parse::<Token![,]>().is_err() {
            return Err(syn::Error::new(input.span(), "a `,` is missing before this"));
        }
    }
    Ok(keys)
}

fn known() -> String {
    format!("the keys are {}", listed(KEYS))
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
                let ttl = match name {
                    "ttl" => Time::read(value),
                    _ => Time::of_seconds(value, name),
                };
                match ttl {
                    Ok(ttl) => self.said.extend(quote!(.ttl(#ttl))),
                    Err(error) => errors.push(error),
                }
            }
            name => {
                let meant = did_you_mean(name, KEYS);
                errors.on(key, format!("`{name}` is not a key here{meant}\n{}", known()));
            }
        }
    }

    fn emit(self, method: &str, errors: &mut Errors) -> Option<TokenStream> {
        let needed = [("cache", &self.cache), ("key", &self.key), ("load", &self.load)];
        let missing: Vec<&str> =
            needed.into_iter().filter(|(_, given)| given.is_none()).map(|(key, _)| key).collect();
        // A key that was misspelled is not missing as well.
        if !missing.is_empty() && errors.is_empty() {
            errors.at(
                Span::call_site(),
                format!(
                    "{} {} missing; this is how it is written: \
                     `cacheable!(cache = cache, key = \"user:42\", load = || async {{ .. }})`",
                    listed(&missing),
                    if missing.len() == 1 { "is" } else { "are" }
                ),
            );
        }
        let Self { cache: Some(cache), key: Some(key), load: Some(load), options, said, .. } = self else {
            return None;
        };
        let facade = Facade::new(None);
        let method = Ident::new(method, Span::call_site());
        let options =
            options.map_or_else(|| quote!(#facade::CacheOptions::new()), |options| quote!((#options)));
        Some(quote!((#cache).#method(#key, #options #said, #load)))
    }
}
