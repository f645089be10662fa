//! `#[cached_impl]`: cached methods with all that their own attribute cannot see, the type they belong to.

use std::rc::Rc;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Attribute, GenericParam, ImplItem, ImplItemFn, ItemFn, ItemImpl, Meta, Type};

use crate::cached;
use crate::cached::args::Args;
use crate::cached::owner::Owner;
use crate::defaults::{Defaults, OF_IMPL};
use crate::diagnostics::Errors;

/// Expands the attribute. A method with errors stays as it was written, without its attribute.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let defaults = Defaults::parse("#[cached_impl]", &OF_IMPL, attribute, &mut errors);
    let mut item: ItemImpl = match syn::parse2(item.clone()) {
        Ok(item) => item,
        Err(_) => {
            errors.on(
                crate::diagnostics::first_line(&item),
                "`#[cached_impl]` goes on an `impl` block; a function of its own takes `#[cached]`",
            );
            let errors = errors.into_tokens();
            return quote!(#errors #item);
        }
    };
    let owner = Rc::new(Owner::new(&item));
    let no_room = has_no_room(&owner);
    let (mut beside, mut methods) = (TokenStream::new(), 0);
    for member in &mut item.items {
        let ImplItem::Fn(method) = member else { continue };
        let Some(attribute) = take_cached(method) else { continue };
        methods += 1;
        let mut of_method = Errors::default();
        let mut args = Args::of(&attribute, &mut of_method);
        while let Some(second) = take_cached(method) {
            of_method.on(second, "a method has one `#[cached(..)]`: put the keys of both into the first");
        }
        defaults.apply(&method.sig.ident, &mut args);
        if let Some(emitted) = cached::expand_method(&args, function(method), &owner, &mut of_method)
            && no_room.is_none()
        {
            *member = ImplItem::Verbatim(emitted.function);
            beside.extend(emitted.beside);
        }
        errors.extend(of_method);
    }
    if methods == 0 {
        errors.on(
            &item.self_ty,
            "no method of this block is cached: put `#[cached(..)]` on one, or remove `#[cached_impl]`",
        );
    } else if let Some(wrong) = no_room {
        errors.push(wrong);
    }
    let problems = (!errors.is_empty()).then(|| errors.into_tokens());
    let conditions = item.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    quote! {
        #problems
        #item
        #(#conditions)*
        const _: () = { #beside };
    }
}

/// Takes the attribute off a method, under whatever path it is named.
fn take_cached(method: &mut ImplItemFn) -> Option<Attribute> {
    let names_it =
        |attribute: &Attribute| attribute.path().segments.last().is_some_and(|last| last.ident == "cached");
    let at = method.attrs.iter().position(names_it)?;
    Some(method.attrs.remove(at))
}

/// A method as a function of its own.
fn function(method: &ImplItemFn) -> ItemFn {
    let ImplItemFn { attrs, vis, modifiers, sig, block } = method.clone();
    ItemFn { attrs, vis, modifiers, sig, block: Box::new(block) }
}

/// Why no second impl block can be written for the type.
fn has_no_room(owner: &Owner) -> Option<syn::Error> {
    let foreign = matches!(
        owner.ty,
        Type::Reference(_)
            | Type::Tuple(_)
            | Type::Slice(_)
            | Type::Array(_)
            | Type::TraitObject(_)
            | Type::Ptr(_)
            | Type::FnPtr(_)
    );
    if foreign || is_of_the_language(&owner.ty) {
        let message = "the handles of cached methods stand in an impl block of the type itself, which only the crate \
                       that defines the type can write: cache functions that take this as an argument, or wrap it in a \
                       type of yours";
        return Some(syn::Error::new_spanned(&owner.ty, message));
    }
    let of_the_block = |ty: &Type| {
        let Type::Path(path) = ty else { return None };
        owner.generics.type_params().find(|parameter| path.path.is_ident(&parameter.ident))
    };
    if let Some(parameter) = of_the_block(&owner.ty) {
        let message = "the handles of cached methods stand in an impl block of the type itself, and this stands for many \
                       types: implement the trait for one type here, or cache free functions";
        return Some(syn::Error::new(parameter.span(), message));
    }
    let written = owner.ty.to_token_stream();
    let unbound = owner.generics.params.iter().find(|parameter| match parameter {
        GenericParam::Type(ty) => !cached::read::mentions(&written, &ty.ident.to_string()),
        GenericParam::Const(constant) => !cached::read::mentions(&written, &constant.ident.to_string()),
        GenericParam::Lifetime(_) => false,
    })?;
    let message = "the type does not say what this is, and the handles of its cached methods stand in an impl block of the \
                   type itself: implement the trait for one type here, or cache free functions";
    Some(syn::Error::new(unbound.span(), message))
}

fn is_of_the_language(ty: &Type) -> bool {
    const THEIRS: [&str; 28] = [
        "bool", "char", "str", "String", "Vec", "Option", "Result", "Box", "Rc", "Arc", "HashMap",
        "BTreeMap", "HashSet", "BTreeSet", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32",
        "i64", "i128", "isize", "f32", "f64",
    ];
    let Type::Path(ty) = ty else { return false };
    if ty.path.segments[0].ident == "std" && ty.path.segments.len() > 1 {
        return true;
    }
    ty.path.segments.len() == 1 && THEIRS.iter().any(|name| ty.path.segments[0].ident == name)
}

impl Args {
    /// Reads what stands in an attribute.
    fn of(attribute: &Attribute, errors: &mut Errors) -> Self {
        match &attribute.meta {
            Meta::Path(_) => Self::parse(TokenStream::new(), errors),
            Meta::List(list) => Self::parse(list.tokens.clone(), errors),
            Meta::NameValue(pair) => {
                errors.on(&pair.value, "the keys stand in parentheses: `#[cached(ttl = \"5m\")]`");
                Self::default()
            }
        }
    }
}
