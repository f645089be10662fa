//! The handle beside a function: a hidden struct of its name, in a name space that functions do not use.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Ident;

use super::emit::{Calling, Expansion};
use super::key::Uses;
use crate::diagnostics::generated;

impl Expansion<'_> {
    /// The struct and its functions. It is braced, so that it takes no name of a value; it is as visible as the
    /// function, which is all that guards what it offers.
    pub(crate) fn handle(&self, name: &Ident) -> TokenStream {
        let visibility = &self.signature.item.vis;
        // What is wrong with the whole handle is shown at the function's name.
        let span = generated(self.signature.span());
        let private = self.facade.private(span);
        let conditions: Vec<_> = self.conditions().collect();
        let (site, function_name) = (self.new_site(), self.name());
        let uncached = self.body_function(&quote_spanned!(span=> pub), &Ident::new("uncached", span));
        let loading = self.loading(name);
        let on_entries = self.on_entries();
        quote_spanned! {span=>
            #(#conditions)*
            #[doc(hidden)]
            #visibility struct #name {}

            #(#conditions)*
            #[doc(hidden)]
            impl #name {
                /// The descriptor of the function.
                pub const SITE: &'static #private::CallSite = #site;
                /// The name of the function.
                pub const NAME: &'static str = #function_name;

                /// The body alone.
                #uncached
                #loading
                #on_entries
            }
        }
    }

    /// What may run the body: `fetch` and `refresh`.
    fn loading(&self, name: &Ident) -> TokenStream {
        let span = self.output_span();
        let facade = self.facade.at(span);
        let site = quote!(<#name>::SITE);
        let (outcome, value) = (self.outcome(), self.value_type());
        let cached = quote_spanned!(span=> #outcome::Around<#facade::Cached<#value>>);
        let at = generated(self.signature.span());
        let fetch = self.plain_signature(&Ident::new("fetch", at), Some(&cached));
        let fetch_body = self.call(&site, &Calling { view: "WithSource", anew: false });
        let refresh = self.plain_signature(&Ident::new("refresh", at), None);
        let refresh_body = self.call(&site, &Calling { view: "ValueOnly", anew: true });
        quote_spanned! {at=>
            /// The value with its source and age, loaded if it is not there.
            pub #fetch { #fetch_body }
            /// Loads now and stores.
            pub #refresh { #refresh_body }
        }
    }

    /// What works on entries without the body.
    fn on_entries(&self) -> TokenStream {
        let span = self.output_span();
        let private = self.facade.private(span);
        let (access, cache, writing) = (self.access(), self.cache(), self.writing());
        let (before, settings) = (self.before_cache(), self.settings_tokens());
        let key = quote_spanned!(span=> #private::key(Self::SITE, #writing));
        let peek = quote_spanned!(span=> #before #private::peek(Self::SITE, #access, #cache, #writing));
        let put = quote_spanned! {span=>
            let __settings = #settings;
            #before
            #private::put(Self::SITE, #access, #cache, #writing, __settings, __value)
        };
        let invalidate = quote_spanned!(span=> #before #private::invalidate(Self::SITE, #cache, #writing));
        let expire = quote_spanned!(span=> #before #private::expire(Self::SITE, #cache, #writing));
        let pending = quote_spanned!(span=> #before #private::pending(Self::SITE, #cache, #writing));
        let write = quote_spanned! {span=>
            let __settings = #settings;
            #before
            #private::writing(Self::SITE, #access, #cache, #writing, __settings)
        };

        let on_key = &self.key.uses.and(&self.cache_uses);
        let (only_key, with_key) = (self.arguments(&self.key.uses), self.arguments(on_key));
        let with_settings = self.arguments(&on_key.and(&self.settings.uses));
        let with_cache = self.arguments(&self.cache_uses);
        let generics = &self.signature.item.sig.generics;
        let bounds = &generics.where_clause;
        // Without the key's arguments nothing would say which instantiation is meant, and one namespace serves all.
        let of_cache = (self.cache_uses != Uses::nothing(self.signature)).then_some(generics);
        let of_cache_bounds = of_cache.and(bounds.as_ref());

        let at = generated(self.signature.span());
        let (facade, value) = (self.facade.at(at), self.value_type());
        let peeked = quote_spanned!(span=> ::core::option::Option<#value>);
        quote_spanned! {at=>
            /// The key of a call.
            pub fn key #generics(#only_key) -> #facade::CacheKey #bounds { #key }
            /// The cached value of a call, without a load.
            pub fn peek #generics(#with_key) -> #peeked #bounds { #peek }
            /// Stores a value as the result of a call.
            pub fn put #generics(#with_settings __value: #value) -> #facade::Applied #bounds { #put }
            /// Takes the entry of a call out.
            pub fn invalidate #generics(#with_key) -> #facade::Applied<bool> #bounds { #invalidate }
            /// Ends the freshness of the entry of a call.
            pub fn expire #generics(#with_key) -> #facade::Applied<bool> #bounds { #expire }
            #[doc(hidden)]
            pub fn pending #generics(#with_key) -> #facade::__private::Pending #bounds { #pending }
            #[doc(hidden)]
            pub fn pending_all #of_cache(#with_cache) -> #facade::__private::Pending #of_cache_bounds {
                #before
                #private::pending_all(Self::SITE, #cache)
            }
            #[doc(hidden)]
            pub fn writing #generics(#with_settings) -> #facade::__private::Writing<#value> #bounds { #write }
            /// Invalidates every entry of the function.
            pub fn clear #of_cache(#with_cache) -> #facade::Applied #of_cache_bounds {
                #before
                #private::clear(Self::SITE, #cache)
            }
            /// The counters of the function in the current runtime.
            pub fn stats() -> #facade::CacheStats {
                #private::stats(Self::SITE)
            }
        }
    }

    /// The arguments that something uses, as a list for a signature.
    fn arguments(&self, uses: &Uses) -> TokenStream {
        let arguments = uses.of(self.signature).map(|argument| {
            let (name, ty) = (&argument.name, &argument.ty);
            quote!(#name: #ty,)
        });
        arguments.collect()
    }
}
