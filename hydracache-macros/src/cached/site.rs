//! The tokens of the descriptor: what the registry knows of a function before it runs.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::Ident;
use syn::ext::IdentExt;

use super::args::Cache;
use super::emit::Expansion;
use crate::diagnostics::generated;
use crate::write::target::Target;

impl Expansion<'_> {
    /// The descriptor: a static in the handle, beside the impl block, or in the function where there is neither.
    pub(crate) fn site(&self) -> TokenStream {
        match self.handle_name() {
            _ if self.signature.owner.is_some() => {
                let site = self.site_name();
                quote!(Self::#site)
            }
            Some(handle) => quote!(<#handle>::SITE),
            None => self.new_site(),
        }
    }

    /// The constant of a type that is the descriptor of its method.
    pub(crate) fn site_name(&self) -> Ident {
        let of_trait = self.signature.owner.as_ref().map_or_else(String::new, |owner| owner.mark());
        let name = &self.signature.item.sig.ident;
        let span = generated(name.span());
        format_ident!("__HYDRACACHE_SITE_OF_{of_trait}{}", name.unraw(), span = span)
    }

    /// A static descriptor, submitted to the registry.
    pub(crate) fn new_site(&self) -> TokenStream {
        let facade = &self.facade;
        let facts = self.facts();
        quote! {{
            static __SITE: #facade::__private::CallSite = #facade::__private::CallSite::new(#facts);
            #facade::__private::inventory::submit! { #facade::__private::Submitted(&__SITE) }
            &__SITE
        }}
    }

    /// The name: what was said, else module and function.
    pub(crate) fn name(&self) -> TokenStream {
        if let Some(name) = &self.args.name {
            return quote!(#name);
        }
        let mut ident = self.signature.item.sig.ident.unraw().to_string();
        if let Some(owner) = &self.signature.owner {
            ident = format!("{}::{ident}", owner.name());
        }
        quote!(::core::concat!(::core::module_path!(), "::", #ident))
    }

    fn facts(&self) -> TokenStream {
        let facade = &self.facade;
        let private = quote!(#facade::__private);
        let name = self.name();
        let version = self.args.version;
        let cache = match &self.args.cache {
            None => quote!(#private::CacheChoice::Default),
            Some(Cache::Named(name)) => quote!(#private::CacheChoice::Named(#name)),
            Some(Cache::Expr(_)) => quote!(#private::CacheChoice::Expression),
        };
        let key = self.args.entries.as_ref().map_or_else(|| self.key.shown.clone(), Target::shown);
        let tags = &self.settings.shown_tags;
        let ttl = option(self.settings.shown_ttl.as_ref());
        let arguments = self.signature.arguments.iter().map(|argument| argument.mentions().join(","));
        let value_type = self.is_concrete().then(|| {
            let value = self.value_type();
            quote!(|| ::core::any::type_name::<#value>())
        });
        let value_type = option(value_type);
        let is_async = self.signature.is_async();
        let memory_only = self.args.memory_only;
        let has_weight = self.args.weight.is_some();
        let refresh = self.args.refresh.options(self.args, facade);
        let settings = self.args.shown.iter().map(|(key, value)| quote!((#key, #value)));
        quote! {
            #private::Facts {
                name: #name,
                version: #version,
                cache: #cache,
                key: #key,
                tags: &[#(#tags),*],
                ttl: #ttl,
                arguments: &[#(#arguments),*],
                value_type: #value_type,
                is_async: #is_async,
                memory_only: #memory_only,
                has_weight: #has_weight,
                refresh: #refresh,
                settings: &[#(#settings),*],
                package: ::core::env!("CARGO_PKG_NAME"),
                module: ::core::module_path!(),
                file: ::core::file!(),
                line: ::core::line!(),
            }
        }
    }

    /// Whether the value type can be named outside of the function's generics and, for a method, of its impl's.
    fn is_concrete(&self) -> bool {
        let is_seen = self.signature.owner.is_some() || !self.signature.has_receiver();
        is_seen && !self.signature.is_generic()
    }
}

fn option(tokens: Option<impl ToTokens>) -> TokenStream {
    tokens.map_or_else(
        || quote!(::core::option::Option::None),
        |tokens| quote!(::core::option::Option::Some(#tokens)),
    )
}
