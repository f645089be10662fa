//! `#[invalidates]` and `#[cache_put]`: what is to happen with entries when a function that writes has ended.

mod args;
mod emit;
mod moment;
pub(crate) mod target;

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemFn;

use self::args::{Invalidates, Put};
use self::emit::Wrapping;
use crate::cached::args::Returns;
use crate::cached::shape::is_plain;
use crate::cached::signature::Signature;
use crate::diagnostics::{Errors, first_line};

/// Expands `#[invalidates]`. With errors the function is emitted as it was.
pub(crate) fn invalidates(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand("invalidates", item, |signature, errors| {
        let args = Invalidates::parse(attribute, signature, errors);
        args.check(signature, errors);
        check_returns(args.returns, signature, errors);
        Wrapping::of_invalidates(&args, signature)
    })
}

/// Expands `#[cache_put]`. With errors the function is emitted as it was.
pub(crate) fn cache_put(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand("cache_put", item, |signature, errors| {
        let args = Put::parse(attribute, errors);
        check_returns(args.returns, signature, errors);
        Wrapping::of_put(&args, signature)
    })
}

fn check_returns(said: Option<Returns>, signature: &Signature, errors: &mut Errors) {
    if said == Some(Returns::Result) && signature.output_type.as_ref().is_none_or(is_plain) {
        errors.at(signature.output_span(), "this is not a `Result`: remove `returns = \"result\"`");
    }
}

fn expand(
    name: &str,
    item: TokenStream,
    wrapping: impl FnOnce(&Signature, &mut Errors) -> Wrapping,
) -> TokenStream {
    let mut errors = Errors::default();
    let function: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(_) => {
            errors.on(
                first_line(&item),
                format!("`#[{name}]` goes on a function with a body: a free function, or a method of an `impl` block"),
            );
            let errors = errors.into_tokens();
            return quote!(#errors #item);
        }
    };
    if let Some(constness) = &function.sig.constness {
        errors.on(constness, "a `const fn` writes nothing: remove the attribute, or `const`");
    }
    let signature = Signature::read(function);
    let wrapping = wrapping(&signature, &mut errors);
    if errors.is_empty() {
        return wrapping.emit(&signature);
    }
    let errors = errors.into_tokens();
    quote!(#errors #item)
}
