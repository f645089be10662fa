//! The tokens of one call: look up, or load.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericParam, Ident, Safety};

use super::args::Cache;
use super::emit::{Calling, Expansion};
use super::key::Uses;
use crate::diagnostics::{call_over, generated};
use crate::template;

impl Expansion<'_> {
    /// Look up, or load.
    pub(crate) fn call(&self, site: &TokenStream, calling: &Calling) -> TokenStream {
        let span = self.output_span();
        let private = self.facade.private(span);
        let (outcome, view) = (self.outcome(), Ident::new(calling.view, span));
        let (access, cache, writing) = (self.access(), self.cache(), self.writing());
        let miss = if calling.anew {
            quote_spanned!(span=> #private::skip_lookup(__site, #cache, #writing))
        } else {
            quote_spanned! {span=>
                match #private::lookup::<_, #private::#view>(__site, #access, #cache, #writing) {
                    #private::Lookup::Hit(__value) => return #outcome::join(::core::result::Result::Ok(__value)),
                    #private::Lookup::Miss(__miss) => __miss,
                }
            }
        };
        let (settings, sharing, anew) = (self.settings_tokens(), self.sharing(), calling.anew);
        let (before, loader, load) = (self.before_cache(), self.loader(), self.load());
        quote_spanned! {span=>
            // Which of them is needed depends on the types of the function.
            use #private::{
                CanOutlive as _, CarryLoadError as _, CarryNothing as _, ShareClone as _, ShareNothing as _,
                ShareText as _, StaysInPlace as _,
            };
            #before
            let __site: &'static #private::CallSite = #site;
            let __miss = #miss;
            let __request = #private::Request {
                site: __site,
                access: #access,
                settings: #settings,
                sharing: #sharing,
                anew: #anew,
            };
            let __loader = #loader;
            #outcome::join(::core::result::Result::map(#load, <#private::#view as #private::View<_>>::loaded))
        }
    }

    fn load(&self) -> TokenStream {
        let span = self.output_span();
        let private = self.facade.private(span);
        let shape = &self.shape;
        if !self.signature.is_async() {
            return quote_spanned!(span=>
                #private::load_blocking::<{ #shape }, _>(__miss, __request, __loader)
            );
        }
        let mode = if self.signature.owns_its_arguments() {
            quote_spanned!(span=> (&#private::probe(&__loader)).mode())
        } else {
            quote_spanned!(span=> #private::InPlace)
        };
        quote_spanned!(span=> #mode.load::<{ #shape }, _, _, _>(__miss, __request, __loader).await)
    }

    /// A closure that runs the user's body.
    fn loader(&self) -> TokenStream {
        let item = &self.signature.item;
        let names = self.signature.arguments.iter().map(|argument| &argument.name);
        let (body, generics, span) = (self.body_name(), self.turbofish(), self.output_span());
        let call = if let Some(receiver) = item.sig.receiver() {
            let this = &receiver.self_token;
            quote!(Self::#body #generics(#this, #(#names),*))
        } else if let Some(handle) = self.handle_name() {
            quote!(<#handle>::uncached #generics(#(#names),*))
        } else {
            quote!(#body #generics(#(#names),*))
        };
        // The caller of the function took the responsibility for its body.
        if let Safety::Unsafe(_) = item.sig.safety {
            quote_spanned!(span=> move || unsafe { #call })
        } else {
            quote_spanned!(span=> move || #call)
        }
    }

    /// The type arguments of the function, passed on. Arguments that are `impl Trait` cannot be named and are inferred.
    fn turbofish(&self) -> TokenStream {
        let generics = &self.signature.item.sig.generics;
        let named = generics.params.iter().filter_map(|param| match param {
            GenericParam::Type(ty) => Some(&ty.ident),
            GenericParam::Const(constant) => Some(&constant.ident),
            GenericParam::Lifetime(_) => None,
        });
        let named: Vec<_> = named.collect();
        if named.is_empty() { TokenStream::new() } else { quote!(::<#(#named),*>) }
    }

    /// What must stand before a call that uses the cache, and live as long.
    pub(crate) fn before_cache(&self) -> TokenStream {
        self.bindings(&self.cache_uses)
    }

    /// The cache the call uses, where the attribute has an expression for it.
    pub(crate) fn cache(&self) -> TokenStream {
        let Some(Cache::Expr(expr)) = &self.args.cache else { return quote!(::core::option::Option::None) };
        let span = generated(expr.span());
        let private = self.facade.private(span);
        let cache = call_over(quote!(#private::cache_of), quote_spanned!(span=> &(#expr)), expr);
        quote_spanned!(span=> ::core::option::Option::Some(#cache))
    }

    /// A closure that writes the key, the namespace before all. A name that is known here makes that a constant.
    pub(crate) fn writing(&self) -> TokenStream {
        let span = generated(Span::call_site());
        let (private, statements) = (self.facade.private(span), &self.key.statements);
        let bindings = self.bindings(&self.key.uses);
        let namespace = match &self.args.name {
            Some(name) => {
                let prefix = format!("{}@{}:", template::escaped(&name.value()), self.args.version);
                quote_spanned!(span=> __key.push_raw(#prefix);)
            }
            None => quote_spanned!(span=> __key.push_raw(__site.prefix());),
        };
        quote_spanned! {span=>
            |__key: &mut #private::KeyBuf, __site: &'static #private::CallSite| { #namespace #bindings #statements }
        }
    }

    /// What the attribute says about the entry of a call.
    pub(crate) fn settings_tokens(&self) -> TokenStream {
        let span = self.output_span();
        let (facade, private) = (self.facade.at(span), self.facade.private(span));
        let (options, finish) = (&self.settings.options, &self.settings.finish);
        let bindings = self.bindings(&self.settings.uses);
        let value = self.value_type();
        let finish = if finish.is_empty() {
            quote!(::core::option::Option::None)
        } else {
            quote_spanned! {span=>
                ::core::option::Option::Some(|__value: &#value, __draft: &mut #private::Draft| { #finish })
            }
        };
        quote_spanned! {span=> {
            #bindings
            #private::Settings { options: #facade::CacheOptions::new() #options, finish: #finish }
        }}
    }

    fn sharing(&self) -> TokenStream {
        let span = self.output_span();
        let (private, outcome) = (self.facade.private(span), self.outcome());
        quote_spanned! {span=> {
            let __probe = #private::ErrorProbe::<#outcome::Error>::new();
            (&&&__probe).sharing((&&__probe).carry())
        }}
    }

    /// Lets the names that patterns bind be used, borrowed.
    fn bindings(&self, uses: &Uses) -> TokenStream {
        let bindings = uses.of(self.signature).filter_map(|argument| {
            let (pattern, _) = argument.pattern.as_ref()?;
            let name = &argument.name;
            Some(quote! {
                #[allow(unused_variables, reason = "a pattern binds more than a key may use")]
                let #pattern = &#name;
            })
        });
        bindings.collect()
    }
}
