//! The tokens of a function that writes: what is settled before the body, the body, what follows from its outcome.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, Ident};

use super::args::{At, Invalidates, Put, Tag};
use super::target::{Target, mentions_result, result_name};
use crate::cached::args::{Cache, Returns};
use crate::cached::shape::shape;
use crate::cached::signature::{Signature, opaque};
use crate::crate_path::Facade;
use crate::diagnostics::{call_over, generated, spelled};

/// What is put around a body.
pub(crate) struct Wrapping {
    facade: Facade,
    returns: Option<Returns>,
    /// Statements before the body.
    before: TokenStream,
    /// What is done with the outcome: `result` is the value.
    after_ok: TokenStream,
    /// What is done when an error was returned.
    after_err: TokenStream,
    /// What the registry gets to know.
    facts: TokenStream,
}

impl Wrapping {
    pub(crate) fn of_invalidates(args: &Invalidates, signature: &Signature) -> Self {
        let facade = Facade::new(args.facade.as_ref());
        let span = generated(signature.span());
        let private = facade.private(span);
        let mut early: Vec<TokenStream> = args.all.iter().map(all_of).collect();
        let mut late = Vec::new();
        for target in &args.targets {
            if target.needs_result() { &mut late } else { &mut early }.push(target.on_handle("pending"));
        }
        for tag in &args.tags {
            let pending = pending_tag(tag, args.cache.as_ref(), &facade, signature);
            if tag.needs_result() { &mut late } else { &mut early }.push(pending);
        }
        let shown = args.targets.iter().map(Target::shown);
        let shown = shown.chain(args.all.iter().map(|path| format!("all({})", spelled(path)))).collect();
        let facts = facts(shown, args.tags.iter().map(Tag::shown).collect(), args.at, false);
        let publish = publish(signature);
        if args.at == At::Before {
            let before = quote_spanned!(span=> #private::Guard::new([#(#early),*]).apply([]) #publish;);
            let nothing = TokenStream::new();
            return Self {
                facade,
                returns: args.returns,
                before,
                after_ok: nothing.clone(),
                after_err: nothing,
                facts,
            };
        }
        let apply = match args.at {
            At::Commit => quote_spanned!(span=> __guard.add([#(#late),*]);),
            _ => quote_spanned!(span=> __guard.apply([#(#late),*]) #publish;),
        };
        let after_ok = match &args.when {
            None => apply.clone(),
            Some(closure) => {
                let result = result_name();
                let given = quote!(#result, #closure);
                let holds = call_over(quote_spanned!(span=> #private::of_value::<_, bool>), given, closure);
                quote_spanned!(span=> if #holds { #apply } else { __guard.defuse(); })
            }
        };
        // Without an outcome only that is known which was settled before.
        let after_err = match args.at {
            At::Always => quote_spanned!(span=> __guard.apply([]) #publish;),
            _ => quote_spanned!(span=> __guard.defuse();),
        };
        let guard = match &args.transaction {
            None => quote_spanned!(span=> #private::Guard::new([#(#early),*])),
            Some(transaction) => {
                let list = commit_list(transaction, &facade);
                // A condition asks for the outcome.
                let method = if args.when.is_none() { "adding" } else { "holding" };
                let method = Ident::new(method, span);
                quote_spanned!(span=> #private::CommitGuard::#method(#list, [#(#early),*]))
            }
        };
        let before = quote_spanned!(span=> let __guard = #guard;);
        Self { facade, returns: args.returns, before, after_ok, after_err, facts }
    }

    pub(crate) fn of_put(args: &Put, signature: &Signature) -> Self {
        let facade = Facade::new(args.facade.as_ref());
        let span = generated(signature.span());
        let (mut before, mut after_ok) = (TokenStream::new(), TokenStream::new());
        if let Some(target) = &args.target {
            let writing = target.on_handle("writing");
            before.extend(quote_spanned!(span=> let __writing = #writing;));
            let publish = publish(signature);
            let result = result_name();
            // Where it is said that what is written is of another type.
            let place = match (&args.value, &signature.output_type) {
                (Some(value), _) => value.to_token_stream(),
                (None, Some(output)) => output.to_token_stream(),
                (None, None) => signature.item.sig.ident.to_token_stream(),
            };
            let at = generated(place.span());
            let private = facade.private(at);
            let value = match &args.value {
                None => quote_spanned!(at=> #result.clone()),
                Some(value) if mentions_result(value) => quote_spanned!(value.span()=> (#value).clone()),
                Some(value) => {
                    let value = quote_spanned!(value.span()=> (#value).clone());
                    before.extend(quote_spanned!(span=> let __value = #value;));
                    quote_spanned!(at=> __value)
                }
            };
            let given = quote_spanned!(at=> &__writing, #value);
            let value = call_over(quote!(#private::value_for), given, &place);
            after_ok.extend(quote_spanned!(at=> let __value = #value; __writing.put(__value) #publish;));
        }
        let after_err = quote_spanned!(span=> __writing.cancel(););
        let facts = facts(args.target.iter().map(Target::shown).collect(), Vec::new(), At::AfterOk, true);
        Self { facade, returns: args.returns, before, after_ok, after_err, facts }
    }

    /// The function with its own signature, and this around its body.
    pub(crate) fn emit(&self, signature: &Signature) -> TokenStream {
        let span = generated(signature.span());
        let private = self.facade.private(span);
        let item = &signature.item;
        let (attributes, visibility, head) = (&item.attrs, &item.vis, &item.sig);
        let is_opaque = signature.output_type.as_ref().is_some_and(|output| opaque(output).is_some());
        // A type without a name is found from what the body is.
        let output = if is_opaque { quote!(_) } else { signature.output.clone() };
        let statements = &item.block.stmts;
        // Lets `?` and `return` in the body know the type, which a block of its own would not.
        let typed = (!is_opaque).then(|| {
            quote_spanned! {span=>
                #[allow(unreachable_code, clippy::all, reason = "it says the type and is never run")]
                if false {
                    let __never: #output = loop {};
                    return __never;
                }
            }
        });
        let typed = typed.filter(|_| !signature.is_boxed);
        let body = quote_spanned!(span=> { #typed #(#statements)* });
        let run = if signature.is_boxed {
            quote_spanned!(span=> #body.await)
        } else if signature.is_async() {
            quote_spanned!(span=> async move #body.await)
        } else {
            quote_spanned!(span=> #private::run(move || #body))
        };
        let shape = shape(self.returns, signature, &self.facade);
        let (before, after_ok, after_err) = (&self.before, &self.after_ok, &self.after_err);
        let result = result_name();
        let wrapped = quote_spanned! {generated(signature.output_span())=>
            #before
            let __output: #output = #run;
            match <#output as #private::Outcome<{ #shape }>>::value(&__output) {
                #[allow(unused_variables, reason = "not every attribute asks for the outcome")]
                ::core::option::Option::Some(#result) => { #after_ok }
                ::core::option::Option::None => { #after_err }
            }
            __output
        };
        let (submitted, wrapped) = (self.submitted(signature), signature.awaited(wrapped));
        quote! {
            #(#attributes)*
            #visibility #head {
                #submitted
                #wrapped
            }
        }
    }

    /// Tells the registry of the function.
    fn submitted(&self, signature: &Signature) -> TokenStream {
        let (facade, facts) = (&self.facade, &self.facts);
        let function = signature.item.sig.ident.unraw().to_string();
        quote! {
            const _: () = {
                #facade::__private::inventory::submit! {
                    #facade::__private::Invalidator::new(#facade::__private::InvalidatorFacts {
                        function: #function,
                        #facts
                        package: ::core::env!("CARGO_PKG_NAME"),
                        module: ::core::module_path!(),
                        file: ::core::file!(),
                        line: ::core::line!(),
                    })
                }
            };
        }
    }
}

/// What an attribute knows of itself.
fn facts(targets: Vec<String>, tags: Vec<String>, at: At, puts: bool) -> TokenStream {
    let at = at.name();
    quote!(puts: #puts, targets: &[#(#targets),*], tags: &[#(#tags),*], at: #at,)
}

/// Waits for what lies beyond this process, in a function that can wait.
fn publish(signature: &Signature) -> TokenStream {
    if signature.is_async() { quote!(.wait().await) } else { quote!(.fire()) }
}

fn all_of(path: &syn::Path) -> TokenStream {
    Target { path: path.clone(), arguments: Vec::new() }.on_handle("pending_all")
}

/// The list of a transaction.
fn commit_list(transaction: &Expr, facade: &Facade) -> TokenStream {
    let private = facade.private(transaction.span());
    let given = quote_spanned!(generated(transaction.span())=> &(#transaction));
    call_over(quote!(#private::commit_list), given, transaction)
}

fn pending_tag(tag: &Tag, cache: Option<&Cache>, facade: &Facade, signature: &Signature) -> TokenStream {
    let span = generated(signature.span());
    let private = facade.private(span);
    let tag = match tag {
        Tag::Template { statements, .. } => quote_spanned!(span=> #private::tag(|__key| { #statements })),
        Tag::Expr(expr) => {
            let private = facade.private(expr.span());
            call_over(quote!(#private::tag_of), expr.to_token_stream(), expr)
        }
    };
    let (choice, given) = match cache {
        None => (quote!(Default), quote!(::core::option::Option::None)),
        Some(Cache::Named(name)) => (quote!(Named(#name)), quote!(::core::option::Option::None)),
        Some(Cache::Expr(expr)) => {
            let private = facade.private(expr.span());
            let at = generated(expr.span());
            let cache = call_over(quote!(#private::cache_of), quote_spanned!(at=> &(#expr)), expr);
            (quote!(Expression), quote!(::core::option::Option::Some(#cache)))
        }
    };
    quote_spanned!(span=> #private::pending_tag(
        #private::CacheChoice::#choice, #given, &#tag, ::core::module_path!(),
    ))
}
