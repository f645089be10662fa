//! The tokens of a cached function. Behaviour belongs in the runtime: nothing here branches on it.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{AttrStyle, Attribute, FnArg, Ident, Pat, Path, ReturnType, Signature, Type};

use super::args::{Args, Cache, Handle, Returns};
use super::boxed;
use super::bulk::Bulk;
use super::key::{self, Uses, Writing};
use super::settings::{Settings, settings};
use super::shape::{is_open, shape, shows_source, value_part};
use super::signature::{self, Argument};
use crate::crate_path::Facade;
use crate::diagnostics::{Errors, generated};

/// Everything that the tokens are made of.
pub(crate) struct Expansion<'a> {
    pub(crate) args: &'a Args,
    pub(crate) signature: &'a signature::Signature,
    pub(crate) facade: Facade,
    pub(crate) key: Writing,
    pub(crate) settings: Settings,
    pub(crate) cache_uses: Uses,
    pub(crate) condition_uses: Uses,
    /// The argument that holds many keys, where there is one.
    pub(crate) bulk: Option<Bulk>,
    /// Which part of the return type is the value, as an expression.
    pub(crate) shape: TokenStream,
}

/// What an attribute leaves behind.
pub(crate) struct Emitted {
    /// The function, where it stood.
    pub(crate) function: TokenStream,
    /// What belongs beside it; for a method whose impl block is seen, beside that.
    pub(crate) beside: TokenStream,
}

/// What one of the calls that may load does differently.
pub(crate) struct Calling {
    /// How the value is handed out: a type of the runtime.
    pub(crate) view: &'static str,
    /// Whether it loads without looking.
    pub(crate) anew: bool,
}

impl<'a> Expansion<'a> {
    pub(crate) fn new(args: &'a Args, signature: &'a signature::Signature, errors: &mut Errors) -> Self {
        let facade = Facade::new(args.facade.as_ref());
        let key = key::of_function(args, signature, errors);
        let settings = settings(args, signature, &facade, errors);
        let mut cache_uses = Uses::nothing(signature);
        if let Some(Cache::Expr(expr)) = &args.cache {
            cache_uses.note(expr, signature);
        }
        let mut condition_uses = Uses::nothing(signature);
        for condition in args.enabled.iter().chain(&args.when) {
            condition_uses.note(condition, signature);
        }
        let mut returns = args.returns;
        if is_asked_to_fail(args, signature) {
            // The type itself is asked, so that a wrong word is one error.
            returns = None;
        }
        let shape = shape(returns, signature, &facade);
        let bulk = Bulk::of(args, signature);
        Self { args, signature, facade, key, settings, cache_uses, condition_uses, bulk, shape }
    }

    /// How the function hands its values out.
    pub(crate) fn view(&self) -> &'static str {
        if shows_source(self.args.returns, self.signature) { "WithSource" } else { "ValueOnly" }
    }

    /// The whole expansion.
    pub(crate) fn emit(&self) -> Emitted {
        let mut beside = match (&self.signature.owner, self.handle_name()) {
            (Some(owner), handle) => self.beside_impl(owner, handle.as_ref()),
            (None, Some(handle)) => self.handle(&handle),
            (None, None) if self.signature.has_receiver() => self.body_method(),
            (None, None) => TokenStream::new(),
        };
        if self.args.loader {
            beside.extend(self.loader_by_name());
        }
        Emitted { function: self.function(), beside }
    }

    /// The struct beside a function, or the function of a type that returns a method's handle.
    pub(crate) fn handle_name(&self) -> Option<Ident> {
        let method = &self.signature.item.sig.ident;
        let mut name = match &self.args.handle {
            Some(Handle::Named(name)) => name.clone(),
            None if self.signature.owner.is_some() => format_ident!("{}_cache", method.unraw()),
            None if !self.signature.has_receiver() => method.clone(),
            None | Some(Handle::None) => return None,
        };
        // It may not look like the name of a type.
        name.set_span(generated(name.span()));
        Some(name)
    }

    /// The user's function with its own signature and the cache around its body.
    fn function(&self) -> TokenStream {
        let item = &self.signature.item;
        let attributes = item.attrs.iter().map(softened);
        let (visibility, signature) = (&item.vis, self.plain_signature(&item.sig.ident, None));
        let site = self.site();
        let body = if self.signature.is_associated() || self.handle_name().is_some() {
            TokenStream::new()
        } else {
            self.body_function(&quote!(), &self.body_name())
        };
        let call = self.signature.awaited(self.call(&site, &Calling { view: self.view(), anew: false }));
        quote! {
            #(#attributes)*
            #visibility #signature {
                #body
                #call
            }
        }
    }

    /// The signature under another name, with plain names for patterns and, where it is given, another return type.
    pub(crate) fn plain_signature(&self, name: &Ident, output: Option<&TokenStream>) -> Signature {
        let mut signature = self.signature.item.sig.clone();
        signature.ident = name.clone();
        if let Some(output) = output {
            signature.output = self.returning(output);
        }
        let mut arguments = self.signature.arguments.iter();
        for input in &mut signature.inputs {
            match input {
                FnArg::Receiver(receiver) => receiver.mutability = None,
                FnArg::Typed(typed) => {
                    if let Some(Argument { name, .. }) = arguments.next() {
                        typed.attrs.clear();
                        *typed.pat = Pat::Verbatim(quote!(#name));
                    }
                }
            }
        }
        signature
    }

    /// A return type of the same form with another output.
    pub(crate) fn returning(&self, output: &TokenStream) -> ReturnType {
        match &self.signature.item.sig.output {
            ReturnType::Type(_, written) if self.signature.is_boxed => {
                let returning = boxed::returning(written, Type::Verbatim(output.clone()));
                syn::parse_quote!(-> #returning)
            }
            _ => syn::parse_quote!(-> #output),
        }
    }

    pub(crate) fn body_name(&self) -> Ident {
        let of_trait = self.signature.owner.as_ref().map_or_else(String::new, |owner| owner.mark());
        let name = &self.signature.item.sig.ident;
        // A place of its own, since the name need not look like that of a function.
        let span = generated(name.span());
        format_ident!("__hydracache_body_of_{of_trait}{}", name.unraw(), span = span)
    }

    /// The user's body as a function of its own.
    pub(crate) fn body_function(&self, visibility: &TokenStream, name: &Ident) -> TokenStream {
        let item = &self.signature.item;
        let attributes = item.attrs.iter().filter(|attribute| is_lint(attribute)).map(softened);
        let statements = &item.block.stmts;
        // An argument that the attribute reads is not unused, whatever the body does.
        let read = self.key.uses.and(&self.settings.uses).and(&self.cache_uses).and(&self.condition_uses);
        let read = read.of(self.signature).flat_map(Argument::names);
        let mut signature = item.sig.clone();
        signature.ident = name.clone();
        quote_spanned! {generated(self.signature.span())=>
            #(#attributes)*
            #visibility #signature {
                #(let _ = &#read;)*
                #(#statements)*
            }
        }
    }

    fn body_method(&self) -> TokenStream {
        let conditions = self.conditions();
        let body = self.body_function(&TokenStream::new(), &self.body_name());
        quote_spanned! {generated(self.signature.span())=>
            #(#conditions)*
            #[doc(hidden)]
            #body
        }
    }

    /// The conditions under which the function is compiled.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Attribute> {
        self.signature.item.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg"))
    }

    /// How values are stored; the one place that says what a value must be.
    pub(crate) fn access(&self) -> TokenStream {
        let span = self.output_span();
        let (private, value) = (self.facade.private(span), self.value_type());
        let kind = Ident::new(if self.args.memory_only { "memory_only" } else { "encodable" }, span);
        quote_spanned!(span=> #private::Access::<#value>::#kind())
    }

    /// What is cached: what the function returns, or one of the values in it.
    pub(crate) fn value_type(&self) -> TokenStream {
        let (span, outcome) = (self.output_span(), self.outcome());
        if self.bulk.is_none() {
            return quote_spanned!(span=> #outcome::Value);
        }
        let private = self.facade.private(span);
        quote_spanned!(span=> <#outcome::Value as #private::Collection>::Value)
    }

    /// The return type, taken apart.
    pub(crate) fn outcome(&self) -> TokenStream {
        let span = self.output_span();
        let (private, output, shape) = (self.facade.private(span), &self.signature.output, &self.shape);
        quote_spanned!(span=> <#output as #private::Outcome<{ #shape }>>)
    }

    /// Whether the return type is asked to be a `Result` because `returns` says so.
    pub(crate) fn is_asked_to_fail(&self) -> bool {
        is_asked_to_fail(self.args, self.signature)
    }

    /// Where errors about the value are shown.
    pub(crate) fn output_span(&self) -> Span {
        match &self.signature.output_type {
            Some(output) => generated(value_part(self.args.returns, output).span()),
            None => generated(self.signature.span()),
        }
    }
}

/// Whether `returns = "result"` is said of a type that can be asked. In a generic item it cannot, and the block around a
/// method may be one.
fn is_asked_to_fail(args: &Args, signature: &signature::Signature) -> bool {
    let is_seen =
        signature.owner.is_some() || !(signature.has_receiver() || matches!(args.handle, Some(Handle::None)));
    args.returns == Some(Returns::Result) && is_seen && !is_open(signature)
}

fn is_lint(attribute: &Attribute) -> bool {
    ["allow", "expect", "warn", "deny", "forbid"].iter().any(|lint| attribute.path().is_ident(lint))
}

/// An attribute as it can stand on a copy of the function, where what it expects may not come to pass.
fn softened(attribute: &Attribute) -> Attribute {
    let mut attribute = attribute.clone();
    attribute.style = AttrStyle::Outer;
    if let syn::Meta::List(list) = &mut attribute.meta
        && list.path.is_ident("expect")
    {
        list.path = Path::from(Ident::new("allow", Span::call_site()));
    }
    attribute
}
