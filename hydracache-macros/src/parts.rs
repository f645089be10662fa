//! Lists of parts between commas, as attributes take them.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, Token};

use crate::cached::read::read_equals;
use crate::diagnostics::{Errors, did_you_mean, listed};

/// Reads parts between commas; what cannot be read is noted and left out.
pub(crate) fn each_part(
    tokens: TokenStream,
    errors: &mut Errors,
    mut one: impl FnMut(ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) {
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if let Err(error) = one(input, errors) {
                errors.push(error);
                skip_to_comma(input);
            } else if !input.is_empty() && !input.peek(Token![,]) {
                errors.at(input.span(), "this belongs to nothing: remove it, or put a `,` before it");
                skip_to_comma(input);
            }
            let _ = input.parse::<Option<Token![,]>>();
        }
        Ok(())
    };
    if let Err(error) = parser.parse2(tokens) {
        errors.push(error);
    }
}

/// Keys of an attribute: what they are called, and how they are written.
pub(crate) type Keys = [(&'static str, &'static str)];

/// The keys that are there already.
#[derive(Debug, Default)]
pub(crate) struct Said(Vec<Ident>);

/// A key that was read.
pub(crate) struct Key {
    pub(crate) ident: Ident,
    pub(crate) name: &'static str,
    pub(crate) example: &'static str,
}

impl Said {
    /// Where a key is, if it is there.
    pub(crate) fn get(&self, key: &str) -> Option<&Ident> {
        self.0.iter().find(|said| *said == key)
    }

    /// Those of these keys that are there, in the order in which they are written.
    pub(crate) fn among(&self, keys: &[&str]) -> impl Iterator<Item = &Ident> {
        self.0.iter().filter(|said| keys.iter().any(|key| *said == key))
    }

    /// Whether anything is there but `key`.
    pub(crate) fn anything_but(&self, key: &str) -> bool {
        self.0.iter().any(|said| said != key)
    }

    /// Reads one of the keys of an attribute, and notes it; its value comes next.
    pub(crate) fn read(
        &mut self,
        attribute: &str,
        keys: &Keys,
        input: ParseStream<'_>,
        errors: &mut Errors,
    ) -> syn::Result<Key> {
        self.read_but(&[], attribute, keys, input, errors)
    }

    /// As [`read`](Self::read), where some keys may be there any number of times.
    pub(crate) fn read_but(
        &mut self,
        repeatable: &[&str],
        attribute: &str,
        keys: &Keys,
        input: ParseStream<'_>,
        errors: &mut Errors,
    ) -> syn::Result<Key> {
        let ident = Ident::parse_any(input).map_err(|error| {
            syn::Error::new(error.span(), format!("a key is missing, such as `{}`", keys[0].1))
        })?;
        let Some(&(name, example)) = keys.iter().find(|(known, _)| ident == known) else {
            return Err(unknown(attribute, &ident, keys));
        };
        if self.get(name).is_some() && !repeatable.contains(&name) {
            errors.at(ident.span(), format!("`{name}` is given twice; keep one of them"));
        }
        self.0.push(ident.clone());
        Ok(Key { ident, name, example })
    }
}

impl Key {
    /// Reads the `=` before the value.
    pub(crate) fn equals(&self, input: ParseStream<'_>) -> syn::Result<()> {
        read_equals(&self.ident, self.example, input)
    }
}

/// The error about a key that there is none of.
fn unknown(attribute: &str, key: &Ident, keys: &Keys) -> syn::Error {
    let name = key.to_string();
    let meant = did_you_mean(&name, keys.iter().map(|(known, _)| *known));
    let known = listed(keys.iter().map(|(known, _)| known));
    let message = format!("`{name}` is not a key of `{attribute}`{meant}\nthe keys are {known}");
    syn::Error::new(key.span(), message)
}

/// Goes on to the next comma.
pub(crate) fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        let _ = input.parse::<proc_macro2::TokenTree>();
    }
}
