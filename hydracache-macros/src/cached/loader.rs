//! Loaders: the function called by its name, with arguments that were sent and instances that were provided.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericArgument, PathArguments, ReceiverKind, Type};

use super::args::{Args, Handle};
use super::emit::Expansion;
use super::owner::this;
use super::signature::{Argument, Signature, borrowed};
use crate::diagnostics::{Errors, generated};

/// What a function needs to be called by its name.
pub(crate) fn check(args: &Args, signature: &Signature, errors: &mut Errors) {
    let Some(at) = args.said("loader").filter(|_| args.loader) else { return };
    if args.said("name").is_none() {
        errors.at(at, "a loader is called by its name, and module paths move: give it one, such as `name = \"users.get\"`");
    }
    if args.memory_only {
        errors.at(at, "what a loader returns travels as bytes, and `memory_only` says there are none: remove one of the two");
    }
    if matches!(args.handle, Some(Handle::None)) && signature.owner.is_none() {
        errors.at(at, "a loader finds its function through the handle: remove `handle = none`, or `loader`");
    }
    if signature.is_generic() {
        errors.at(
            at,
            "a call by name cannot choose the types of a generic function: remove `loader`, or write a function of one type",
        );
    }
    if signature.has_receiver() && signature.owner.is_none() {
        errors.at(
            at,
            "a loader of a method needs the type it belongs to: put `#[hydracache::cached_impl]` on the `impl` block",
        );
    }
    if signature.owner.as_ref().is_some_and(|owner| !owner.borrows_nothing()) && !signature.is_generic() {
        errors.at(at, "an instance that borrows cannot be provided for a loader: remove `loader`");
    }
    for argument in &signature.arguments {
        let inside = match &argument.ty {
            Type::Reference(reference) if reference.mutability.is_none() => &*reference.elem,
            ty => ty,
        };
        if let Some(wrong) = borrowed(inside) {
            errors.on(
                wrong,
                "a loader is given what it owns or shares, and this borrows in another way: take it by value, as `&T` or as \
                 `Arc<T>`",
            );
        }
    }
}

/// How an argument comes to a loader, and how it is passed on.
struct Passed {
    /// A statement that gets it.
    got: TokenStream,
    /// The expression that the function is given.
    given: TokenStream,
    /// The type of the instance, where it is provided.
    need: Option<TokenStream>,
}

impl Expansion<'_> {
    /// The descriptor of the loader, with what it does.
    pub(crate) fn loader_by_name(&self) -> TokenStream {
        let span = self.output_span();
        let private = self.facade.private(span);
        let is_sent = |at: usize| self.key.uses.arguments[at];
        let arguments = || self.signature.arguments.iter().enumerate();
        let sent: Vec<&Argument> =
            arguments().filter(|(at, _)| is_sent(*at)).map(|(_, argument)| argument).collect();
        let names = sent.iter().map(|argument| argument.mentions().join(","));
        let (variables, types): (Vec<_>, Vec<_>) = sent
            .iter()
            .map(|argument| {
                let (name, ty) = (self.passing(argument), self.sent_type(argument));
                (quote!(#name), ty)
            })
            .unzip();
        let read = types.iter().zip(&variables).zip(sent.iter().zip(names.clone()));
        let read = read.map(|((ty, variable), (argument, name))| {
            let span = generated(argument.ty.span());
            quote_spanned!(span=> let #variable = __sent.next::<#ty>(#name)?;)
        });
        let receiver = self.receiver_passed();
        let passed: Vec<Passed> = receiver
            .into_iter()
            .chain(arguments().map(|(at, argument)| self.passed(argument, is_sent(at))))
            .collect();
        let (got, given) = (passed.iter().map(|one| &one.got), passed.iter().map(|one| &one.given));
        let needs = passed.iter().filter_map(|one| one.need.as_ref());
        let site = self.site();
        let (shape, output, outcome) = (&self.shape, &self.signature.output, self.outcome());
        let function = self.function_path();
        let call = self.trusted(quote_spanned!(span=> #function(#(#given),*)));
        let begun = if self.signature.is_async() {
            quote_spanned!(span=> #private::begin_load::<{ #shape }, #output>(__site, async move { #call.await }, __tell))
        } else {
            quote_spanned!(span=> #private::begin_blocking_load::<{ #shape }, #output>(__site, move || #call, __tell))
        };
        let conditions: Vec<_> = self.conditions().collect();
        self.outside(quote_spanned! {span=>
            #(#conditions)*
            const _: () = {
                fn __begin(
                    __runtime: &#private::Runtime,
                    __arguments: &[u8],
                ) -> ::core::result::Result<#private::Loading, #private::Error> {
                    use #private::{TellNothing as _, TellSource as _, TellText as _};
                    let __site: &'static #private::CallSite = #site;
                    let mut __sent = #private::SentArguments::new(__site, __arguments);
                    #(#read)*
                    __sent.end()?;
                    #(#got)*
                    let __probe = #private::ErrorProbe::<#outcome::Error>::new();
                    let __tell = (&&&__probe).tell();
                    ::core::result::Result::Ok(#begun)
                }
                #private::inventory::submit! {
                    #private::Loader::new(#site, &[#(#names),*], &[#(#private::Need::of::<#needs>()),*], __begin)
                }
            };
        })
    }

    /// The type that an argument has while it travels.
    fn sent_type(&self, argument: &Argument) -> TokenStream {
        match &argument.ty {
            Type::Reference(reference) => {
                let (inside, span) = (&reference.elem, generated(argument.ty.span()));
                let private = self.facade.private(span);
                quote_spanned!(span=> <#inside as #private::GivenArgument>::Owned)
            }
            ty => quote!(#ty),
        }
    }

    fn passed(&self, argument: &Argument, is_sent: bool) -> Passed {
        let (name, span) = (self.passing(argument), generated(argument.ty.span()));
        let private = self.facade.private(span);
        let reference = match &argument.ty {
            Type::Reference(reference) => Some(&*reference.elem),
            _ => None,
        };
        if is_sent {
            let given = match reference {
                Some(inside) => quote_spanned!(span=> ::core::borrow::Borrow::<#inside>::borrow(&#name)),
                None => quote!(#name),
            };
            return Passed { got: TokenStream::new(), given, need: None };
        }
        let shared = shared(reference.unwrap_or(&argument.ty));
        let needed = shared.unwrap_or_else(|| unwrapped(reference.unwrap_or(&argument.ty)));
        let given = match (reference.is_some(), shared.is_some()) {
            (true, true) => quote_spanned!(span=> &#name),
            (true, false) => quote_spanned!(span=> &*#name),
            (false, true) => quote!(#name),
            (false, false) => quote_spanned!(span=> #private::copy_of::<#needed>(&#name)),
        };
        let got =
            quote_spanned!(span=> let #name = #private::provided_instance::<#needed>(__site, __runtime)?;);
        Passed { got, given, need: Some(quote!(#needed)) }
    }

    fn receiver_passed(&self) -> Option<Passed> {
        let receiver = self.signature.item.sig.receiver()?;
        let span = generated(self.signature.span());
        let (private, this) = (self.facade.private(span), this(span));
        let given = match &receiver.kind {
            ReceiverKind::Reference(..) => quote_spanned!(span=> &*#this),
            ReceiverKind::Typed(_, ty) if shared(ty).is_some() => quote!(#this),
            ReceiverKind::Typed(_, ty) if matches!(&**ty, Type::Reference(_)) => {
                quote_spanned!(span=> &#this)
            }
            _ => quote_spanned!(span=> #private::copy_of::<Self>(&#this)),
        };
        let got = quote_spanned!(span=> let #this = #private::provided_instance::<Self>(__site, __runtime)?;);
        Some(Passed { got, given, need: Some(quote!(Self)) })
    }
}

/// What is inside an `Arc`.
fn shared(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Arc")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// A type without parentheses around it.
fn unwrapped(ty: &Type) -> &Type {
    match ty {
        Type::Paren(paren) => unwrapped(&paren.elem),
        ty => ty,
    }
}
