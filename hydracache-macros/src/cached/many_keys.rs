//! The functions of a handle that call the function for many keys: `get_many` and `warm`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{Ident, Lifetime, Type, TypeReference, WhereClause};

use super::emit::Expansion;
use super::owner::this;
use super::signature::{Argument, opaque};
use crate::diagnostics::generated;

impl Expansion<'_> {
    /// Both functions; nothing for a function whose key has no arguments, or arguments whose types have no name.
    pub(crate) fn of_many(&self) -> TokenStream {
        let at = generated(self.signature.span());
        let (keys, others): (Vec<_>, Vec<_>) =
            self.signature.arguments.iter().zip(&self.key.uses.arguments).partition(|(_, is_key)| **is_key);
        let argument = |(argument, _): (_, _)| argument;
        let keys: Vec<&Argument> = keys.into_iter().map(argument).collect();
        let others: Vec<&Argument> = others.into_iter().map(argument).collect();
        if keys.is_empty() || self.signature.arguments.iter().any(|argument| opaque(&argument.ty).is_some()) {
            return TokenStream::new();
        }
        let mut lifetime = KeyLifetime(false);
        let types: Vec<_> = keys.iter().map(|argument| lifetime.named(&argument.ty)).collect();
        let names: Vec<_> = keys.iter().map(|argument| self.passing(argument)).collect();
        let (key, pattern) = match (types.as_slice(), names.as_slice()) {
            ([ty], [name]) => (quote!(#ty), quote!(#name)),
            _ => (quote!((#(#types),*)), quote!((#(#names),*))),
        };
        let key = self.outside(key);
        let (call, bounds) = self.call_again(&others, &quote!(|#pattern: #key|));
        let mut generics = self.own_generics();
        if lifetime.0 {
            generics.params.insert(0, syn::parse_quote!('__key));
        }
        let instance = self.instance().map(|instance| quote!(#instance,));
        let passed = others.iter().map(|argument| {
            let (name, ty) = (self.passing(argument), &argument.ty);
            quote!(#name: #ty,)
        });
        let passed: TokenStream = self.outside(instance.into_iter().chain(passed).collect());
        let (span, outcome) = (self.output_span(), self.outcome());
        let private = self.facade.private(span);
        let values = self.outside(quote_spanned!(span=> #outcome::Around<::std::vec::Vec<#outcome::Value>>));
        let report = self.outside(quote_spanned!(span=> #private::Warmed<#outcome::Error>));
        let (got, warmed) = (self.run_each("get_each", &call), self.run_each("warm", &call));
        let got = self.outside(quote_spanned!(span=> #outcome::join(#got)));
        let warmed = self.outside(warmed);
        let (lead, safety) = (self.handle_receiver(), &self.signature.item.sig.safety);
        let waiting = self.signature.is_async().then(|| quote!(async));
        quote_spanned! {at=>
            /// The values of many keys, in their order.
            #[inline]
            pub #waiting #safety fn get_many #generics(
                #lead #passed __keys: impl ::core::iter::IntoIterator<Item = #key>
            ) -> #values #bounds { #got }
            /// Loads what is missing of many keys.
            #[inline]
            pub #waiting #safety fn warm #generics(
                #lead #passed __keys: impl ::core::iter::IntoIterator<Item = #key>
            ) -> #report #bounds { #warmed }
        }
    }

    /// A closure that calls the function for one more key, and what that asks of the other arguments, which are the same for
    /// all keys. It is asked where it is needed: a function may take what cannot be copied.
    fn call_again(&self, others: &[&Argument], of_key: &TokenStream) -> (TokenStream, WhereClause) {
        let span = self.output_span();
        let private = self.facade.private(span);
        let this = this(self.signature.span());
        let instance = self.instance().map(|instance| (this.clone(), instance.into_iter().skip(2).collect()));
        let others = others.iter().map(|argument| (self.passing(argument), argument.ty.to_token_stream()));
        let (copied, types): (Vec<_>, Vec<TokenStream>) = instance.into_iter().chain(others).unzip();
        let mut bounds = self.own_generics().where_clause.unwrap_or_else(|| syn::parse_quote!(where));
        for ty in types.into_iter().map(|ty| self.outside(ty)).filter(|ty| !is_reference(ty)) {
            bounds.predicates.push(syn::parse_quote_spanned!(span=> for<'__again> #ty: #private::GivenAgain));
        }
        let receiver = self.signature.has_receiver().then_some(this);
        let arguments = self.signature.arguments.iter();
        let passed = receiver.into_iter().chain(arguments.map(|argument| self.passing(argument)));
        let function = self.function_path();
        let call = self.trusted(quote_spanned!(span=> #function(#(#passed),*)));
        let call = quote_spanned! {span=> #of_key {
            #(let #copied = #private::again(&#copied);)*
            #call
        }};
        (call, bounds)
    }

    /// A call of the runtime that runs `call` for each key.
    fn run_each(&self, function: &str, call: &TokenStream) -> TokenStream {
        let (span, shape, output) = (self.output_span(), &self.shape, &self.signature.output);
        let private = self.facade.private(span);
        if self.signature.is_async() {
            let function = Ident::new(function, span);
            quote_spanned!(span=> #private::#function::<{ #shape }, #output, _, _>(__keys, #call).await)
        } else {
            let function = Ident::new(&format!("{function}_blocking"), span);
            quote_spanned!(span=> #private::#function::<{ #shape }, #output, _>(__keys, #call))
        }
    }
}

/// Whether a type is a shared reference, which can be copied whatever it points to.
fn is_reference(ty: &TokenStream) -> bool {
    matches!(syn::parse2(ty.clone()), Ok(Type::Reference(reference)) if reference.mutability.is_none())
}

/// Gives lifetimes that have no name one, as arguments of iterators need it; remembers whether there were any.
struct KeyLifetime(bool);

impl KeyLifetime {
    fn named(&mut self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        self.visit_type_mut(&mut ty);
        ty
    }

    fn name(&mut self) -> Lifetime {
        self.0 = true;
        Lifetime::new("'__key", Span::call_site())
    }
}

impl VisitMut for KeyLifetime {
    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        if reference.lifetime.is_none() {
            reference.lifetime = Some(self.name());
        }
        visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" {
            *lifetime = self.name();
        }
    }
}
