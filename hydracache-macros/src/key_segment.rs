//! `#[derive(KeySegment)]`: a type of the user's as one segment of a key.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Field, Fields, Ident, Index};

use crate::crate_path::Facade;
use crate::diagnostics::{Errors, generated};

/// Expands the derive.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::default();
    let facade = Facade::new(None);
    let (mark, body) = match &input.data {
        Data::Struct(data) => of_struct(&data.fields, &facade),
        Data::Enum(data) if data.variants.is_empty() => {
            (TokenStream::new(), quote_spanned!(generated(input.ident.span())=> match *self {}))
        }
        Data::Enum(data) => {
            let arms =
                data.variants.iter().map(|variant| of_variant(&variant.ident, &variant.fields, &facade));
            (TokenStream::new(), quote_spanned!(generated(input.ident.span())=> match self { #(#arms)* }))
        }
        Data::Union(data) => {
            errors.on(
                data.union_token,
                "what is in a union is not known: implement `KeySegment` by hand, or take a field into the key",
            );
            return errors.into_tokens();
        }
    };
    let name = &input.ident;
    let span = generated(name.span());
    let framework = facade.at(span);
    let mut generics = input.generics.clone();
    for parameter in generics.type_params_mut() {
        parameter.bounds.push(syn::parse_quote!(#framework::KeySegment));
    }
    let (of_impl, of_type, bounds) = generics.split_for_impl();
    quote_spanned! {span=>
        impl #of_impl #framework::KeySegment for #name #of_type #bounds {
            #mark
            fn write_segment(&self, __out: &mut #framework::SegmentWriter<'_>) {
                #body
            }
        }
    }
}

/// A struct is written as its fields one after the other; one with a single field is written as that.
fn of_struct(fields: &Fields, facade: &Facade) -> (TokenStream, TokenStream) {
    let each: Vec<_> = fields
        .iter()
        .enumerate()
        .map(|(at, field)| {
            let name = field.ident.as_ref().map_or_else(
                || {
                    let at = Index::from(at);
                    quote!(#at)
                },
                |name| quote!(#name),
            );
            (quote_spanned!(generated(field.ty.span())=> self.#name), &field.ty)
        })
        .collect();
    let mark = match each.as_slice() {
        [(_, ty)] => {
            let segment = segment(facade, ty.span());
            quote!(const MAY_BEGIN_WITH_MARK: bool = <#ty as #segment>::MAY_BEGIN_WITH_MARK;)
        }
        _ => TokenStream::new(),
    };
    if let [(value, ty)] = each.as_slice() {
        let segment = segment(facade, ty.span());
        let written =
            quote_spanned!(generated(ty.span())=> <#ty as #segment>::write_segment(&#value, __out););
        return (mark, written);
    }
    (mark, written(each.iter().map(|(value, ty)| (quote!(&#value), ty.span())).collect(), facade))
}

/// A variant is written as its name and its fields.
fn of_variant(variant: &Ident, fields: &Fields, facade: &Facade) -> TokenStream {
    let text = variant.unraw().to_string();
    let bound = |at: usize, field: &Field| {
        let name = format_ident!("__field_{at}", span = Span::mixed_site());
        match &field.ident {
            Some(field) => (quote!(#field: #name), name),
            None => {
                let at = Index::from(at);
                (quote!(#at: #name), name)
            }
        }
    };
    let (patterns, names): (Vec<_>, Vec<_>) =
        fields.iter().enumerate().map(|(at, field)| bound(at, field)).unzip();
    let types = fields.iter().map(|field| field.ty.span());
    let mut values = vec![(quote!(#text), variant.span())];
    values.extend(names.iter().map(|name| quote!(#name)).zip(types));
    let written = written(values, facade);
    quote!(Self::#variant { #(#patterns),* } => { #written })
}

/// Values one after the other, as nested pairs, which are written as a tuple of all of them would be.
fn written(values: Vec<(TokenStream, Span)>, facade: &Facade) -> TokenStream {
    let mut values = values.into_iter().rev();
    let Some((last, span)) = values.next() else { return TokenStream::new() };
    let (all, span) = values.fold((last, span), |(rest, _), (value, span)| (quote!((#value, #rest)), span));
    let segment = segment(facade, span);
    quote_spanned!(generated(span)=> #segment::write_segment(&#all, __out);)
}

fn segment(facade: &Facade, span: Span) -> TokenStream {
    let framework = facade.at(span);
    quote_spanned!(generated(span)=> #framework::KeySegment)
}
