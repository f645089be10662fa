//! Lists of parts between commas, as attributes take them.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, Token};

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

/// The error about a key that there is none of.
pub(crate) fn unknown(attribute: &str, key: &Ident, keys: &[(&str, &str)]) -> syn::Error {
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
