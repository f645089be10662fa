//! Functions of many keys: the argument that holds them, and the call for those that are missing.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericArgument, Ident, PathArguments, Type};

use super::args::Args;
use super::emit::Expansion;
use super::shape::{is_plain, last_segment, value_part};
use super::signature::Signature;
use crate::diagnostics::{Errors, did_you_mean, generated, listed, spelled};

/// The argument that holds the keys.
#[derive(Debug)]
pub(crate) struct Bulk {
    pub(crate) name: Ident,
    /// The type of one key.
    pub(crate) key: Type,
    /// Whether the function takes a reference to all of them.
    borrowed: bool,
}

impl Bulk {
    pub(crate) fn of(args: &Args, signature: &Signature) -> Option<Self> {
        let name = args.bulk.as_ref()?;
        let argument = signature.arguments.iter().find(|argument| argument.name == *name)?;
        let (inside, borrowed) = match &argument.ty {
            Type::Reference(reference) => (&*reference.elem, true),
            ty => (ty, false),
        };
        let key = match inside {
            Type::Slice(slice) if borrowed => (*slice.elem).clone(),
            ty => inside_vec(ty)?.clone(),
        };
        Some(Self { name: argument.name.clone(), key, borrowed })
    }
}

/// Keys about one load of one key.
const OF_ONE_KEY: [&str; 12] = [
    "refresh_ahead",
    "stale_while_revalidate",
    "stale_on_error",
    "retry_after",
    "soft_timeout",
    "load_timeout",
    "wait_timeout",
    "single_flight",
    "when",
    "enabled",
    "errors",
    "adopt",
];

/// Keys that the function of one key says, where its entries are used.
const OF_ENTRIES: [&str; 12] = [
    "key",
    "skip",
    "receiver",
    "tags",
    "ttl",
    "idle",
    "jitter",
    "unless",
    "none",
    "weight",
    "cache",
    "memory_only",
];

pub(crate) fn check(args: &Args, signature: &Signature, errors: &mut Errors) {
    let Some(at) = args.said("bulk") else {
        for key in ["by", "entries"] {
            if let Some(at) = args.said(key) {
                errors.at(at, format!("`{key}` is about a function of many keys: say which argument holds them, `bulk = ids`"));
            }
        }
        return;
    };
    let Some(name) = &args.bulk else { return };
    for key in OF_ONE_KEY {
        if let Some(at) = args.said(key) {
            errors.at(
                at,
                format!(
                    "`{key}` is about the load of one key, and this function loads many: say it on a function of one key, \
                     whose entries this one can share with `entries = get_user(*{name})`"
                ),
            );
        }
    }
    if let Some(target) = &args.entries {
        for key in OF_ENTRIES {
            if let Some(at) = args.said(key) {
                let of = &target.path;
                errors.at(
                    at,
                    format!("the entries are those of `{}`, which says this: remove `{key}`", spelled(of)),
                );
            }
        }
    }
    if args.loader {
        errors.at(at, "a call by name is about one key: put `loader` on a function of one, or remove it");
    }
    let Some(argument) = signature.arguments.iter().find(|argument| argument.name == *name) else {
        let known = signature.names();
        let meant = did_you_mean(&name.to_string(), known.iter().map(String::as_str));
        let known = match known.len() {
            0 => "the function has no arguments".to_owned(),
            _ => format!("the arguments are {}", listed(&known)),
        };
        return errors.on(name, format!("`{name}` is not an argument{meant}\n{known}"));
    };
    if Bulk::of(args, signature).is_none() {
        errors.on(
            &argument.ty,
            "the argument that holds the keys is a slice or a `Vec` of them, such as `&[u64]`",
        );
    }
    let list = signature.output_type.as_ref().map(|output| inside_vec(value_part(args.returns, output)));
    match (list, &args.by, args.said("by")) {
        (Some(Some(_)), None, None) => errors.at(
            signature.output_span(),
            "a `Vec` does not say which key a value belongs to: add `by = |value| value.id`, or return a map",
        ),
        (Some(None), _, Some(by)) if is_map(args, signature) => errors
            .at(by, "`by` tells the keys of a `Vec` of values, and the function returns a map: remove `by`"),
        (Some(None), ..) if !is_no_list(args, signature) => {}
        (Some(None) | None, ..) => errors.at(
            signature.output_span(),
            "a function of many keys returns the values: a map, or a `Vec` with `by`",
        ),
        _ => {}
    }
}

/// Whether the value is spelled as a map.
fn is_map(args: &Args, signature: &Signature) -> bool {
    let value = signature.output_type.as_ref().map(|output| value_part(args.returns, output));
    value.and_then(last_segment).is_some_and(|name| name == "HashMap" || name == "BTreeMap")
}

/// Whether the value is spelled as something that holds no values by key.
fn is_no_list(args: &Args, signature: &Signature) -> bool {
    let value = signature.output_type.as_ref().map(|output| value_part(args.returns, output));
    value.is_some_and(is_plain) && !is_map(args, signature)
}

/// What a `Vec` holds.
fn inside_vec(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Vec")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

impl Expansion<'_> {
    /// Look all keys up, and load those that are missing.
    pub(crate) fn call_many(&self, bulk: &Bulk, site: &TokenStream, anew: bool) -> TokenStream {
        let span = self.output_span();
        let private = self.facade.private(span);
        let (outcome, shape, output) = (self.outcome(), &self.shape, &self.signature.output);
        let Bulk { name, key, borrowed } = bulk;
        let (entry, settings) = self.one_of_many();
        let sharing = self.sharing();
        let form = match &self.args.by {
            None => quote_spanned!(span=> #private::map::<#key, #outcome::Value>()),
            Some(by) => {
                let value = self.value_type();
                let at = generated(by.span());
                quote_spanned!(at=> #private::list(
                    |__value: &#value| #private::of_value::<_, #key>(__value, #by)
                ))
            }
        };
        let again =
            self.signature.arguments.iter().filter(|argument| argument.name != *name).map(|argument| {
                let (name, span) = (&argument.name, generated(argument.ty.span()));
                let private = self.facade.private(span);
                quote_spanned!(span=> let #name = #private::again(&#name);)
            });
        let names = self.signature.arguments.iter().map(|argument| &argument.name);
        let this = self.signature.item.sig.receiver().map(|receiver| &receiver.self_token);
        let this = this.map(|this| quote!(#this,));
        let body = self.body_path();
        let held = borrowed.then(|| quote_spanned!(span=> let #name = &#name;));
        let call = self.trusted(quote_spanned!(span=> #body(#this #(#names),*)));
        let (function, waits, called) = if self.signature.is_async() {
            let called = quote_spanned!(span=> async move { #held #call.await });
            (quote!(load_many), Some(quote_spanned!(span=> .await)), called)
        } else {
            (quote!(load_many_blocking), None, quote_spanned!(span=> { #held #call }))
        };
        let bindings = self.bindings(&self.key.uses.and(&self.settings.uses).and(&self.cache_uses));
        let all = if *borrowed {
            quote_spanned!(generated(key.span())=> #private::keys_of::<#key>(#name))
        } else {
            quote!(#name)
        };
        let spread = self.signature.is_async().then(|| quote!(_)).into_iter();
        quote_spanned! {span=>
            use #private::{
                CarryLoadError as _, CarryNothing as _, ShareClone as _, ShareNothing as _, ShareText as _,
            };
            let __site: &'static #private::CallSite = #site;
            let __keys: ::std::vec::Vec<#key> = #all;
            let __bulk = #private::Bulk {
                keys: __keys,
                entry: |#name: &#key| { let _ = #name; #bindings #entry },
                settings: |#name: &#key| { let _ = #name; #bindings #settings },
                sharing: #sharing,
                anew: #anew,
            };
            #outcome::join(#private::#function::<{ #shape }, #output, #key, _ #(, #spread)*>(
                __bulk,
                #form,
                |#name: ::std::vec::Vec<#key>| {
                    #(#again)*
                    #called
                },
            )#waits)
        }
    }

    /// The entry of one key and what is said about it: of this function, or of the one whose entries it uses.
    fn one_of_many(&self) -> (TokenStream, TokenStream) {
        if let Some(target) = &self.args.entries {
            return (target.on_handle("entry"), target.on_handle("settings"));
        }
        let span = self.output_span();
        let private = self.facade.private(span);
        let (access, cache, writing, before) =
            (self.access(), self.cache(), self.writing(), self.before_cache());
        let entry = quote_spanned!(span=> #before #private::entry_of(__site, #access, #cache, #writing));
        (entry, self.settings_tokens())
    }
}
