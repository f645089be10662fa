//! A load in the background: what the call borrows is made its own, and the body is run with that.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{FnArg, ReceiverKind, Type};

use super::emit::Expansion;
use crate::diagnostics::generated;

impl Expansion<'_> {
    /// Statements that begin the load whose start a look-up asked for, in `__renewal`.
    pub(crate) fn renewal(&self, request: &TokenStream) -> TokenStream {
        let span = self.output_span();
        let (shape, output) = (&self.shape, &self.signature.output);
        let (owning, call) = self.owned_call();
        if self.signature.is_async() {
            quote_spanned! {span=>
                // Before the arguments are taken to their owned forms: the attribute's expressions are about the others.
                let __request = #request;
                #owning
                __renewal.begin::<{ #shape }, #output, _>(__request, move || async move { #call.await });
            }
        } else {
            quote_spanned! {span=>
                let __request = #request;
                #owning
                __renewal.begin_blocking::<{ #shape }, #output>(__request, move || #call);
            }
        }
    }

    /// Statements that make the arguments the load's own, and the call of the body with them.
    fn owned_call(&self) -> (TokenStream, TokenStream) {
        let span = generated(self.signature.span());
        let private = self.facade.private(span);
        let mut owning = TokenStream::new();
        let mut passed = Vec::new();
        let item = &self.signature.item;
        if let Some(FnArg::Receiver(receiver)) = item.sig.inputs.first() {
            let this = &receiver.self_token;
            let is_borrowed = match &receiver.kind {
                ReceiverKind::Reference(..) => true,
                ReceiverKind::Typed(_, ty) => matches!(&**ty, Type::Reference(_)),
                _ => false,
            };
            if is_borrowed {
                owning.extend(quote_spanned!(span=> let __this = #private::own_receiver(#this);));
                passed.push(quote_spanned!(span=> &__this));
            } else {
                passed.push(quote!(#this));
            }
        }
        for argument in &self.signature.arguments {
            let name = &argument.name;
            if let Type::Reference(reference) = &argument.ty {
                let mut borrowed = &*reference.elem;
                // Around a type argument they would be one pair too many.
                while let Type::Paren(paren) = borrowed {
                    borrowed = &paren.elem;
                }
                let span = generated(borrowed.span());
                let private = self.facade.private(span);
                owning.extend(quote_spanned!(span=> let #name = #private::own::<#borrowed>(#name);));
                passed.push(quote_spanned!(span=> ::core::borrow::Borrow::<#borrowed>::borrow(&#name)));
            } else {
                passed.push(quote!(#name));
            }
        }
        let body = self.body_path();
        (owning, self.trusted(quote_spanned!(span=> #body(#(#passed),*))))
    }
}
