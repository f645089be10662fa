//! Handles: what can be done with the entries of a function without calling it.
//!
//! Beside a function stands a hidden struct of its name, in a name space that functions do not use. An impl block cannot
//! hold one; the handle of a method is returned by a function of its type.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{FnArg, Generics, Ident, ReceiverKind, Signature};

use super::bulk::Bulk;
use super::emit::{Calling, Expansion};
use super::key::Uses;
use super::owner::{Owner, this};
use super::signature::Argument;
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
        let functions = self.handle_functions(&quote!(<#name>::SITE));
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
                #functions
            }
        }
    }

    /// What a method leaves beside its impl block: its descriptor, its body, and its handle where it has one.
    pub(crate) fn beside_impl(&self, owner: &Owner, handle: Option<&Ident>) -> TokenStream {
        let span = generated(self.signature.span());
        let private = self.facade.private(span);
        let conditions: Vec<_> = self.conditions().collect();
        let (site, site_name) = (self.outside(self.new_site()), self.site_name());
        let body = owner.beside(self.body_function(&TokenStream::new(), &self.body_name()));
        let (of_impl, _, bounds) = owner.generics.split_for_impl();
        let (ty, bounds) = (&owner.ty, owner.beside(bounds.to_token_stream()));
        let (returned, handle) =
            handle.map(|handle| self.handle_of_method(owner, handle)).unwrap_or_default();
        quote_spanned! {span=>
            #(#conditions)*
            #[doc(hidden)]
            impl #of_impl #ty #bounds {
                const #site_name: &'static #private::CallSite = #site;
                #body
                #returned
            }
            #handle
        }
    }

    /// The function that returns the handle of a method, and the handle.
    fn handle_of_method(&self, owner: &Owner, name: &Ident) -> (TokenStream, TokenStream) {
        let span = generated(self.signature.span());
        let private = self.facade.private(span);
        let conditions: Vec<_> = self.conditions().collect();
        let visibility = match &owner.of_trait {
            Some(_) => quote_spanned!(span=> pub),
            None => self.signature.item.vis.to_token_stream(),
        };
        let handle = format_ident!("__hydracache_{}{name}", owner.mark(), span = span);
        let returned = quote_spanned! {span=>
            #[doc(hidden)]
            #[inline]
            #visibility fn #name() -> #handle<Self> {
                #handle(::core::marker::PhantomData)
            }
        };
        let (of_impl, _, bounds) = owner.generics.split_for_impl();
        let (ty, bounds) = (&owner.ty, self.outside(bounds.to_token_stream()));
        let (site, body) = (self.site_name(), self.body_path());
        let site = self.outside(quote!(Self::#site));
        let uncached = self.handle_signature("uncached", None);
        let names = self.signature.arguments.iter().map(|argument| &argument.name);
        let this = self.signature.has_receiver().then(|| this(span)).into_iter();
        let passed = this.map(ToTokens::into_token_stream).chain(names.map(ToTokens::to_token_stream));
        let waits = self.signature.item.sig.asyncness.map(|_| quote!(.await));
        let body = self.outside(body);
        let call = self.trusted(quote_spanned!(span=> #body(#(#passed),*)));
        let functions = self.handle_functions(&site);
        let handle = quote_spanned! {span=>
            #(#conditions)*
            #[doc(hidden)]
            pub struct #handle<__Owner>(::core::marker::PhantomData<fn() -> __Owner>);
            #(#conditions)*
            impl<__Owner> ::core::marker::Copy for #handle<__Owner> {}
            #(#conditions)*
            impl<__Owner> ::core::clone::Clone for #handle<__Owner> {
                fn clone(&self) -> Self {
                    *self
                }
            }

            #(#conditions)*
            #[doc(hidden)]
            #[allow(private_interfaces, private_bounds, reason = "a method may take what its module keeps to itself")]
            impl #of_impl #handle<#ty> #bounds {
                /// The descriptor of the method.
                #[inline]
                pub fn site(self) -> &'static #private::CallSite { #site }
                /// The name of the method.
                #[inline]
                pub fn name(self) -> &'static str { #site.name() }
                /// The body alone.
                #[inline]
                pub #uncached { #call #waits }
                #functions
            }
        };
        (returned, handle)
    }

    /// The functions that all handles have.
    fn handle_functions(&self, site: &TokenStream) -> TokenStream {
        let (loading, on_entries) = (self.loading(site), self.on_entries(site));
        quote!(#loading #on_entries)
    }

    /// What may run the body: `fetch` and `refresh`.
    fn loading(&self, site: &TokenStream) -> TokenStream {
        let span = self.output_span();
        let facade = self.facade.at(span);
        let (outcome, value) = (self.outcome(), self.value_type());
        let cached = quote_spanned!(span=> #outcome::Around<#facade::Cached<#value>>);
        let at = generated(self.signature.span());
        let body = |calling| self.outside(self.signature.awaited(self.call(site, &calling)));
        let fetch = self.handle_signature("fetch", Some(&cached));
        let fetch_body = body(Calling { view: "WithSource", anew: false });
        let refresh = self.handle_signature("refresh", None);
        let refresh_body = body(Calling { view: self.view(), anew: true });
        let refresh = quote_spanned! {at=>
            /// Loads now and stores.
            #[inline]
            pub #refresh { #refresh_body }
        };
        if self.bulk.is_some() {
            return refresh;
        }
        let of_many = self.of_many();
        quote_spanned! {at=>
            /// The value with its source and age, loaded if it is not there.
            #[inline]
            pub #fetch { #fetch_body }
            #refresh
            #of_many
        }
    }

    /// What works on entries without the body.
    fn on_entries(&self, site: &TokenStream) -> TokenStream {
        if self.args.entries.is_some() {
            return self.stats(site);
        }
        let span = self.output_span();
        let private = self.facade.private(span);
        let (access, cache, writing) = (self.access(), self.cache(), self.writing());
        let (before, settings) = (self.before_cache(), self.settings_tokens());
        let out = |tokens| self.outside(tokens);
        let key = out(quote_spanned!(span=> #private::key(#site, #writing)));
        let peek = out(quote_spanned!(span=> #before #private::peek(#site, #access, #cache, #writing)));
        let put = out(quote_spanned! {span=>
            let __settings = #settings;
            #before
            #private::put(#site, #access, #cache, #writing, __settings, __value)
        });
        let on_entry = |function: &str| {
            let function = Ident::new(function, span);
            out(quote_spanned!(span=> #before #private::#function(#site, #cache, #writing)))
        };
        let (invalidate, expire, pending) = (on_entry("invalidate"), on_entry("expire"), on_entry("pending"));
        let on_all = |function: &str| {
            let function = Ident::new(function, span);
            out(quote_spanned!(span=> #before #private::#function(#site, #cache)))
        };
        let (pending_all, clear) = (on_all("pending_all"), on_all("clear"));
        let entry = out(quote_spanned!(span=> #before #private::entry_of(#site, #access, #cache, #writing)));
        let described = out(settings.clone());
        let stats = self.stats(site);
        // Two functions take what either of them needs.
        let on_either = &self.key.uses.and(&self.cache_uses).and(&self.settings.uses);
        let either = on_either.of(self.signature).map(|argument| &argument.name);
        let taken = quote!(#(let _ = &#either;)*);
        let write = out(quote_spanned! {span=>
            let __settings = #settings;
            #before
            #private::writing(#site, #access, #cache, #writing, __settings)
        });

        let on_key = &self.key.uses.and(&self.cache_uses);
        let (only_key, with_key) = (self.arguments(&self.key.uses), self.arguments(on_key));
        let with_settings = self.arguments(&on_key.and(&self.settings.uses));
        let with_cache = self.arguments(&self.cache_uses);
        let lead = self.handle_receiver();
        let generics = self.own_generics();
        let bounds = &generics.where_clause;
        // Without the key's arguments nothing would say which instantiation is meant, and one namespace serves all.
        let of_cache = (self.cache_uses != Uses::nothing(self.signature)).then_some(&generics);
        let of_cache_bounds = of_cache.and(bounds.as_ref());

        let at = generated(self.signature.span());
        let (facade, value) = (self.facade.at(at), out(self.value_type()));
        let private = self.facade.private(at);
        let peeked = quote_spanned!(span=> ::core::option::Option<#value>);
        quote_spanned! {at=>
            /// The key of a call.
            #[inline]
            pub fn key #generics(#lead #only_key) -> #facade::CacheKey #bounds { #key }
            /// The cached value of a call, without a load.
            #[inline]
            pub fn peek #generics(#lead #with_key) -> #peeked #bounds { #peek }
            /// Stores a value as the result of a call.
            #[inline]
            pub fn put #generics(#lead #with_settings __value: #value) -> #facade::Applied #bounds { #put }
            /// Takes the entry of a call out.
            #[inline]
            pub fn invalidate #generics(#lead #with_key) -> #facade::Applied<bool> #bounds { #invalidate }
            /// Ends the freshness of the entry of a call.
            #[inline]
            pub fn expire #generics(#lead #with_key) -> #facade::Applied<bool> #bounds { #expire }
            #[doc(hidden)]
            #[inline]
            pub fn pending #generics(#lead #with_key) -> #private::Pending #bounds { #pending }
            #[doc(hidden)]
            #[inline]
            pub fn pending_all #of_cache(#lead #with_cache) -> #private::Pending #of_cache_bounds { #pending_all }
            #[doc(hidden)]
            #[inline]
            pub fn writing #generics(#lead #with_settings) -> #private::Writing<#value> #bounds { #write }
            #[doc(hidden)]
            #[inline]
            pub fn entry #generics(#lead #with_settings) -> #private::EntryOf<#value> #bounds { #taken #entry }
            #[doc(hidden)]
            #[inline]
            pub fn settings #generics(#lead #with_settings) -> #private::Settings<#value> #bounds { #taken #described }
            /// Invalidates every entry of the function.
            #[inline]
            pub fn clear #of_cache(#lead #with_cache) -> #facade::Applied #of_cache_bounds { #clear }
            #stats
        }
    }

    /// The counters, which are those of the function whatever entries it uses.
    fn stats(&self, site: &TokenStream) -> TokenStream {
        let at = generated(self.signature.span());
        let (facade, private, lead) = (self.facade.at(at), self.facade.private(at), self.handle_receiver());
        let site = self.outside(site.clone());
        quote_spanned! {at=>
            /// The counters of the function in the current runtime.
            #[inline]
            pub fn stats(#lead) -> #facade::CacheStats {
                #private::stats(#site)
            }
        }
    }

    /// What the functions of a handle begin with: a method's handle is a value.
    pub(crate) fn handle_receiver(&self) -> TokenStream {
        if self.signature.owner.is_some() { quote!(self,) } else { TokenStream::new() }
    }

    /// The signature as a function of the handle. A method's instance is its first argument.
    fn handle_signature(&self, name: &str, output: Option<&TokenStream>) -> TokenStream {
        let name = Ident::new(name, generated(self.signature.span()));
        let mut signature = self.plain_signature(&name, output);
        let Some(owner) = &self.signature.owner else { return signature.to_token_stream() };
        if let Some(this) = self.instance() {
            for input in &mut signature.inputs {
                if matches!(input, FnArg::Receiver(_)) {
                    *input = FnArg::Typed(syn::parse_quote!(#this));
                }
            }
        }
        let Ok(mut signature) = syn::parse2::<Signature>(owner.outside(signature.to_token_stream())) else {
            return TokenStream::new();
        };
        signature.inputs.insert(0, syn::parse_quote!(self));
        signature.to_token_stream()
    }

    /// The instance of a method as an argument.
    pub(crate) fn instance(&self) -> Option<TokenStream> {
        let receiver = self.signature.item.sig.receiver()?;
        let this = this(self.signature.span());
        Some(match &receiver.kind {
            ReceiverKind::Reference(and, lifetime, mutability) => {
                quote!(#this: #and #lifetime #mutability Self)
            }
            ReceiverKind::Typed(colon, ty) => quote!(#this #colon #ty),
            _ => quote!(#this: Self),
        })
    }

    /// The arguments that something uses, as a list for a signature.
    fn arguments(&self, uses: &Uses) -> TokenStream {
        let instance = self.instance().filter(|_| uses.receiver).map(|instance| quote!(#instance,));
        let arguments = uses.of(self.signature).map(|argument| {
            let (name, ty) = (&argument.name, &argument.ty);
            match &self.bulk {
                // Here it stands for one of its keys.
                Some(Bulk { name: keys, key, .. }) if name == keys => quote!(#name: &#key,),
                _ => quote!(#name: #ty,),
            }
        });
        let arguments: TokenStream = instance.into_iter().chain(arguments).collect();
        self.outside(arguments)
    }

    /// The name of an argument where the function itself is called, which must not stand before that.
    pub(crate) fn passing(&self, argument: &Argument) -> Ident {
        let name = &argument.name;
        let hides = self.signature.owner.is_none() && *name == self.signature.item.sig.ident;
        if hides { format_ident!("__{}", name.unraw()) } else { name.clone() }
    }

    /// The function itself, as it is called from its impl block.
    pub(crate) fn function_path(&self) -> TokenStream {
        let (name, generics) = (&self.signature.item.sig.ident, self.turbofish());
        match &self.signature.owner {
            None => quote!(#name #generics),
            Some(owner) => match &owner.of_trait {
                None => quote!(Self::#name #generics),
                Some(of_trait) => quote!(<Self as #of_trait>::#name #generics),
            },
        }
    }

    /// The generics of the function itself.
    pub(crate) fn own_generics(&self) -> Generics {
        let mut generics = self.signature.item.sig.generics.clone();
        if let Some(owner) = &self.signature.owner
            && let Some(bounds) = &generics.where_clause
        {
            generics.where_clause = syn::parse2(owner.outside(bounds.to_token_stream())).ok();
        }
        generics
    }

    /// Tokens as they are said where the handle is.
    pub(crate) fn outside(&self, tokens: TokenStream) -> TokenStream {
        match &self.signature.owner {
            Some(owner) => owner.outside(tokens),
            None => tokens,
        }
    }
}
