//! `#[cached]`: syntax into typed arguments with places, rules over them, tokens out of them.

pub(crate) mod args;
mod call;
mod check;
mod emit;
mod handle;
pub(crate) mod key;
pub(crate) mod read;
mod refresh;
mod renew;
mod settings;
pub(crate) mod shape;
pub(crate) mod signature;
mod site;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Item, ItemFn, TraitItemFn};

use self::args::Args;
use self::emit::Expansion;
use self::signature::Signature;
use crate::diagnostics::Errors;

/// Expands the attribute. With errors the function is emitted as it was, so that one mistake is one error.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = Args::parse(attribute, &mut errors);
    let function: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            if is_another_item(&item) {
                errors.on(
                    first_line(&item),
                    "`#[cached]` goes on a function with a body: a free function, or a method of an `impl` block",
                );
            } else {
                errors.push(error);
            }
            let errors = errors.into_tokens();
            return quote!(#errors #item);
        }
    };
    let signature = Signature::new(function, &mut errors);
    check::check(&args, &signature, &mut errors);
    args.refresh.check(&args, &signature, &mut errors);
    let expansion = Expansion::new(&args, &signature, &mut errors);
    if errors.is_empty() {
        return expansion.emit();
    }
    let errors = errors.into_tokens();
    quote!(#errors #item)
}

/// Whether it is something other than a function with a body, and not a function that could not be read.
fn is_another_item(item: &TokenStream) -> bool {
    match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Verbatim(_)) | Err(_) => syn::parse2::<TraitItemFn>(item.clone()).is_ok(),
        Ok(_) => true,
    }
}

/// The tokens before the first braces, to point at.
fn first_line(item: &TokenStream) -> TokenStream {
    let braces = |token: &proc_macro2::TokenTree| {
        matches!(token, proc_macro2::TokenTree::Group(group)
            if group.delimiter() == proc_macro2::Delimiter::Brace)
    };
    item.clone().into_iter().take_while(|token| !braces(token)).collect()
}
