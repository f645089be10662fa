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
        if let Some(bulk) = &self.bulk {
            return self.call_many(bulk, site, calling.anew);
        }
        let span = self.output_span();
        let private = self.facade.private(span);
        let (outcome, view) = (self.outcome(), Ident::new(calling.view, span));
        let (miss, request) = (self.miss(calling), self.request(calling.anew));
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
            let __request = #request;
            let __loader = #loader;
            #outcome::join(::core::result::Result::map(#load, <#private::#view as #private::View<_>>::loaded))
        }
    }

    /// What the call loads with, unless it returns before with what it found.
    fn miss(&self, calling: &Calling) -> TokenStream {
        let span = self.output_span();
        let private = self.facade.private(span);
        let (outcome, view) = (self.outcome(), Ident::new(calling.view, span));
        let (access, cache, writing) = (self.access(), self.cache(), self.writing());
        let join = quote_spanned!(span=> return #outcome::join);
        let hit = quote_spanned!(span=> (__value) => #join(::core::result::Result::Ok(__value)));
        let miss = if calling.anew {
            quote_spanned!(span=> #private::skip_lookup(__site, #cache, #writing))
        } else if self.args.refresh.has_windows() || self.args.errors.is_some() {
            let (sharing, request) = (self.sharing(), self.request(false));
            let renewal = match self.args.refresh.renews() {
                Some(_) => self.renewal(&request),
                // No window of the function asks for it.
                None => quote_spanned!(span=> let _ = __renewal;),
            };
            quote_spanned! {span=>
                match #private::lookup_renewing::<_, #private::#view, _>(
                    __site, #access, #sharing, #cache, #writing,
                ) {
                    #private::Renewing::Hit #hit,
                    #private::Renewing::Failed(__error) => #join(::core::result::Result::Err(__error)),
                    #private::Renewing::Renew(__value, __renewal) => {
                        #renewal
                        #join(::core::result::Result::Ok(__value));
                    }
                    #private::Renewing::Miss(__miss) => __miss,
                }
            }
        } else {
            quote_spanned! {span=>
                match #private::lookup::<_, #private::#view>(__site, #access, #cache, #writing) {
                    #private::Lookup::Hit #hit,
                    #private::Lookup::Miss(__miss) => __miss,
                }
            }
        };
        let Some(condition) = self.condition() else { return miss };
        quote_spanned!(span=> if #condition { #miss } else { #private::decline(__site, #cache) })
    }

    /// Whether the call uses the cache, where the attribute has conditions for it.
    fn condition(&self) -> Option<TokenStream> {
        let conditions = self.args.enabled.iter().chain(&self.args.when);
        let each: Vec<_> = conditions
            .map(|condition| {
                quote_spanned!(generated(condition.span())=> ({ let __holds: bool = #condition; __holds }))
            })
            .collect();
        let bindings = self.bindings(&self.condition_uses);
        (!each.is_empty()).then(|| quote!({ #bindings #(#each)&&* }))
    }

    /// What a load needs besides its loader.
    fn request(&self, anew: bool) -> TokenStream {
        let span = self.output_span();
        let private = self.facade.private(span);
        let (access, settings, sharing) = (self.access(), self.settings_tokens(), self.sharing());
        quote_spanned! {span=>
            #private::Request {
                site: __site,
                access: #access,
                settings: #settings,
                sharing: #sharing,
                anew: #anew,
            }
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
        let can_go_on = self.signature.owns_its_arguments() && !self.signature.calls_itself();
        let mode = if can_go_on && self.args.adopt != Some(false) {
            // With one reference less the way that is always open would be found first.
            quote_spanned!(span=> (&&#private::probe(&__loader)).mode())
        } else {
            quote_spanned!(span=> #private::InPlace)
        };
        quote_spanned!(span=> #mode.load::<{ #shape }, _, _, _>(__miss, __request, __loader).await)
    }

    /// A closure that runs the user's body.
    fn loader(&self) -> TokenStream {
        let item = &self.signature.item;
        let names = self.signature.arguments.iter().map(|argument| &argument.name);
        let (body, span) = (self.body_path(), self.output_span());
        let this = item.sig.receiver().map(|receiver| &receiver.self_token);
        let this = this.map(|this| quote!(#this,));
        let call = self.trusted(quote!(#body(#this #(#names),*)));
        quote_spanned!(span=> move || #call)
    }

    /// A call of the body. Who calls an `unsafe` function takes the responsibility for its body.
    pub(crate) fn trusted(&self, call: TokenStream) -> TokenStream {
        match self.signature.item.sig.safety {
            Safety::Unsafe(_) => quote_spanned!(self.output_span()=> unsafe { #call }),
            _ => call,
        }
    }

    /// What the body is called by.
    pub(crate) fn body_path(&self) -> TokenStream {
        let (body, generics) = (self.body_name(), self.turbofish());
        if self.signature.is_associated() {
            quote!(Self::#body #generics)
        } else if let Some(handle) = self.handle_name() {
            quote!(<#handle>::uncached #generics)
        } else {
            quote!(#body #generics)
        }
    }

    /// The type arguments of the function, passed on. Arguments that are `impl Trait` cannot be named and are inferred.
    pub(crate) fn turbofish(&self) -> TokenStream {
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

    /// What can be done with the error, and whether that is enough for what the attribute asks of it.
    pub(crate) fn sharing(&self) -> TokenStream {
        let span = self.output_span();
        let (private, outcome) = (self.facade.private(span), self.outcome());
        let output = &self.signature.output;
        let error = quote_spanned!(span=> #outcome::Error);
        let about_errors = ["stale_on_error", "errors", "share_error"];
        let fails = about_errors.into_iter().any(|key| self.args.said(key).is_some());
        let fails = fails.then(|| quote_spanned!(span=> #private::can_fail::<#output>();));
        let said = self.is_asked_to_fail().then(|| quote_spanned!(span=> #private::is_result::<#output>();));
        let carries = self
            .args
            .refresh
            .load_timeout
            .map(|_| quote_spanned!(span=> #private::carries_errors_of_the_cache::<#output>();));
        let remembers = (self.args.errors.is_some() && self.args.share_error.is_none())
            .then(|| quote_spanned!(span=> #private::can_be_remembered::<#error>();));
        let sharing = match &self.args.share_error {
            Some(copy) => {
                let span = generated(copy.span());
                // Written alike in both places, so that what is wrong with it is said once.
                let copied = quote_spanned!(span=> { let __copied: #error = #copy(__error); __copied });
                quote_spanned! {span=>
                    #private::Sharing::by_copy(
                        |__error: &#error| #private::shared::<#error>(#copied),
                        |__shared| #private::unshared::<#error>(__shared).map(|__error: &#error| #copied),
                        (&&__probe).carry(),
                    )
                }
            }
            None => quote_spanned!(span=> (&&&__probe).sharing((&&__probe).carry())),
        };
        quote_spanned! {span=> {
            #said
            #fails
            #carries
            #remembers
            let __probe = #private::ErrorProbe::<#error>::new();
            #sharing
        }}
    }

    /// Lets the names that patterns bind be used, borrowed.
    pub(crate) fn bindings(&self, uses: &Uses) -> TokenStream {
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
