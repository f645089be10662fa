//! `#[cached]`: syntax into typed arguments with places, rules over them, tokens out of them.

pub(crate) mod args;
pub(crate) mod boxed;
mod bulk;
mod call;
mod check;
mod emit;
mod handle;
pub(crate) mod key;
mod loader;
mod many_keys;
pub(crate) mod owner;
pub(crate) mod read;
pub(crate) mod refresh;
mod renew;
mod settings;
pub(crate) mod shape;
pub(crate) mod signature;
mod site;

use std::rc::Rc;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Item, ItemFn, TraitItemFn};

use self::args::Args;
use self::emit::{Emitted, Expansion};
use self::owner::Owner;
use self::signature::Signature;
use crate::diagnostics::{Errors, first_line};

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
    match expand_function(&args, function, None, &mut errors) {
        Some(Emitted { function, beside }) => quote!(#function #beside),
        None => {
            let errors = errors.into_tokens();
            quote!(#errors #item)
        }
    }
}

/// Expands a method whose impl block is seen.
pub(crate) fn expand_method(
    args: &Args,
    method: ItemFn,
    owner: &Rc<Owner>,
    errors: &mut Errors,
) -> Option<Emitted> {
    expand_function(args, method, Some(Rc::clone(owner)), errors)
}

fn expand_function(
    args: &Args,
    function: ItemFn,
    owner: Option<Rc<Owner>>,
    errors: &mut Errors,
) -> Option<Emitted> {
    let signature = Signature::new(function, owner, errors);
    check::check(args, &signature, errors);
    args.refresh.check(args, &signature, errors);
    let expansion = Expansion::new(args, &signature, errors);
    errors.is_empty().then(|| expansion.emit())
}

/// Whether it is something other than a function with a body, and not a function that could not be read.
fn is_another_item(item: &TokenStream) -> bool {
    match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Verbatim(_)) | Err(_) => syn::parse2::<TraitItemFn>(item.clone()).is_ok(),
        Ok(_) => true,
    }
}
