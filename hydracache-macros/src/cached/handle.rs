//! The handle beside a function: a hidden struct of its name, in a name space that functions do not use.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::Ident;

use super::emit::{Calling, Expansion};
use super::key::Uses;

impl Expansion<'_> {
    /// The struct and its functions. It is braced, so that it takes no name of a value.
    pub(crate) fn handle(&self, name: &Ident) -> TokenStream {
        let facade = &self.facade;
        let private = quote!(#facade::__private);
        let visibility = &self.signature.item.vis;
        let conditions: Vec<_> = self.conditions().collect();
        let site = self.new_site();
        let function_name = self.name();
        let uncached = self.body_function(&visibility.to_token_stream(), &format_ident!("uncached"));
        let loading = self.loading(&visibility.to_token_stream(), name);
        let on_entries = self.on_entries(&visibility.to_token_stream(), &private);
        quote! {
            #(#conditions)*
            #[doc(hidden)]
            #[allow(non_camel_case_types, reason = "it is named after its function")]
            #visibility struct #name {}

            #(#conditions)*
            #[doc(hidden)]
            #[allow(
                dead_code,
                unreachable_pub,
                missing_docs,
                clippy::pedantic,
                clippy::all,
                reason = "a handle offers more than its program may use"
            )]
            impl #name {
                /// The descriptor of the function.
                #visibility const SITE: &'static #private::CallSite = #site;
                /// The name of the function.
                #visibility const NAME: &'static str = #function_name;

                /// The body alone.
                #uncached
                #loading
                #on_entries
            }
        }
    }

    /// What may run the body: `fetch` and `refresh`.
    fn loading(&self, visibility: &TokenStream, name: &Ident) -> TokenStream {
        let facade = &self.facade;
        let site = quote!(#name::SITE);
        let value = self.value_type();
        let cached = self.output_around(&quote!(#facade::Cached<#value>));
        let fetch = self.plain_signature(&format_ident!("fetch"), Some(&cached));
        let fetch_body = self.call(&site, &Calling { view: quote!(WithSource), anew: false });
        let refresh = self.plain_signature(&format_ident!("refresh"), None);
        let refresh_body = self.call(&site, &Calling { view: quote!(ValueOnly), anew: true });
        quote! {
            /// The value with its source and age, loaded if it is not there.
            #visibility #fetch { #fetch_body }
            /// Loads now and stores.
            #visibility #refresh { #refresh_body }
        }
    }

    /// What works on entries without the body.
    fn on_entries(&self, visibility: &TokenStream, private: &TokenStream) -> TokenStream {
        let facade = &self.facade;
        let value = self.value_type();
        let (access, cache, writing) = (self.access(), self.cache(), self.writing());
        let settings = self.settings_tokens();
        let bounds = &self.signature.item.sig.generics.where_clause;
        let on_key = &self.key.uses.and(&self.cache_uses);
        let with_key = self.arguments(on_key);
        let only_key = self.arguments(&self.key.uses);
        let with_settings = self.arguments(&on_key.and(&self.settings.uses));
        let with_cache = self.arguments(&self.cache_uses);
        let generics = &self.signature.item.sig.generics;
        // Without the key's arguments nothing would say which instantiation is meant, and one namespace serves all.
        let cache_generics = if self.cache_uses == Uses::nothing(self.signature) {
            TokenStream::new()
        } else {
            generics.to_token_stream()
        };
        quote! {
            /// The key of a call.
            #visibility fn key #generics(#only_key) -> #facade::CacheKey #bounds {
                #private::key(Self::SITE, #writing)
            }
            /// The cached value of a call, without a load.
            #visibility fn peek #generics(#with_key) -> ::core::option::Option<#value> #bounds {
                #private::peek(Self::SITE, #access, #cache, #writing)
            }
            /// Stores a value as the result of a call.
            #visibility fn put #generics(#with_settings __value: #value) -> #facade::Applied #bounds {
                let __settings = #settings;
                #private::put(Self::SITE, #access, #cache, #writing, __settings, __value)
            }
            /// Takes the entry of a call out.
            #visibility fn invalidate #generics(#with_key) -> #facade::Applied<bool> #bounds {
                #private::invalidate(Self::SITE, #cache, #writing)
            }
            /// Ends the freshness of the entry of a call.
            #visibility fn expire #generics(#with_key) -> #facade::Applied<bool> #bounds {
                #private::expire(Self::SITE, #cache, #writing)
            }
            /// Invalidates every entry of the function.
            #visibility fn clear #cache_generics(#with_cache) -> #facade::Applied {
                #private::clear(Self::SITE, #cache)
            }
            /// The counters of the function in the current runtime.
            #visibility fn stats() -> #facade::CacheStats {
                #private::stats(Self::SITE)
            }
        }
    }

    /// The arguments that something uses, as a list for a signature.
    fn arguments(&self, uses: &Uses) -> TokenStream {
        let used = self.signature.arguments.iter().zip(&uses.arguments).filter(|(_, used)| **used);
        used.map(|(argument, _)| {
            let (name, ty) = (&argument.name, &argument.ty);
            quote!(#name: #ty,)
        })
        .collect()
    }
}
