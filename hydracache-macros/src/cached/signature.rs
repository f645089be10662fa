//! What the signature of the function says: its arguments, its kind, its return type.

use std::rc::Rc;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::visit_mut::VisitMut;
use syn::{
    FnArg, GenericArgument, Generics, Ident, ItemFn, Lifetime, ParenthesizedGenericArguments, Pat, PatIdent,
    ReceiverKind, ReturnType, Type, TypeFnPtr, TypeImplTrait, TypeParamBound, TypeReference,
};

use super::boxed;
use super::owner::Owner;
use crate::diagnostics::{Errors, generated};

/// A function as the later stages see it.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) item: ItemFn,
    pub(crate) arguments: Vec<Argument>,
    /// What the function returns, or what the future does that it returns; `()` where nothing is written.
    pub(crate) output: TokenStream,
    pub(crate) output_type: Option<Type>,
    /// The impl block around it, where `#[cached_impl]` sees that.
    pub(crate) owner: Option<Rc<Owner>>,
    /// Whether it is no `async fn` and returns a boxed future, as `#[async_trait]` writes it.
    pub(crate) is_boxed: bool,
}

/// One argument besides the receiver.
#[derive(Debug)]
pub(crate) struct Argument {
    /// The name the wrapper gives it.
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    /// The pattern, where it is more than a name, and the names it binds.
    pub(crate) pattern: Option<(Pat, Vec<Ident>)>,
}

impl Argument {
    /// Whether an expression that mentions `ident` reads this argument.
    pub(crate) fn answers_to(&self, ident: &Ident) -> bool {
        self.names().iter().any(|name| name.unraw() == ident.unraw())
    }

    /// The names by which the body and the attribute know it.
    pub(crate) fn names(&self) -> &[Ident] {
        self.pattern.as_ref().map_or(std::slice::from_ref(&self.name), |(_, bound)| bound)
    }

    /// The same as text.
    pub(crate) fn mentions(&self) -> Vec<String> {
        self.names().iter().map(|name| name.unraw().to_string()).collect()
    }
}

impl Signature {
    /// Takes a function apart and notes what cannot be cached at all.
    pub(crate) fn new(item: ItemFn, owner: Option<Rc<Owner>>, errors: &mut Errors) -> Self {
        refuse(&item, owner.is_some(), errors);
        Self { owner, ..Self::read(item) }
    }

    /// Takes a function apart.
    pub(crate) fn read(item: ItemFn) -> Self {
        let arguments = item
            .sig
            .inputs
            .iter()
            .filter_map(|input| match input {
                FnArg::Typed(typed) => Some(typed),
                FnArg::Receiver(_) => None,
            })
            .enumerate()
            .map(|(at, typed)| argument(at, &typed.pat, &typed.ty))
            .collect();
        let written = match &item.sig.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(&**ty),
        };
        let awaited = written.filter(|_| item.sig.asyncness.is_none()).and_then(boxed::output);
        let is_boxed = awaited.is_some();
        let output_type = awaited.or(written).cloned();
        let output = output_type.as_ref().map_or_else(|| quote!(()), ToTokens::to_token_stream);
        Self { item, arguments, output, output_type, owner: None, is_boxed }
    }

    pub(crate) fn has_receiver(&self) -> bool {
        self.item.sig.receiver().is_some()
    }

    /// Whether it stands in an impl block, as far as that can be seen.
    pub(crate) fn is_associated(&self) -> bool {
        self.has_receiver() || self.owner.is_some()
    }

    /// Whether what it returns is awaited.
    pub(crate) fn is_async(&self) -> bool {
        self.item.sig.asyncness.is_some() || self.is_boxed
    }

    /// Statements as the body of a function of the same form.
    pub(crate) fn awaited(&self, statements: TokenStream) -> TokenStream {
        if self.is_boxed {
            let span = generated(self.output_span());
            quote_spanned!(span=> ::std::boxed::Box::pin(async move { #statements }))
        } else {
            statements
        }
    }

    /// Its own generics, and before them those of its impl block.
    fn all_generics(&self) -> impl Iterator<Item = &Generics> {
        let own = &self.item.sig.generics;
        self.owner.iter().map(|owner| &owner.generics).chain([own])
    }

    /// Whether types are chosen by the caller: such a function has one descriptor and many kinds of values.
    pub(crate) fn is_generic(&self) -> bool {
        self.type_parameters().next().is_some()
            || self.const_parameters().next().is_some()
            || self.arguments.iter().any(|argument| opaque(&argument.ty).is_some())
    }

    pub(crate) fn type_parameters(&self) -> impl Iterator<Item = &Ident> {
        self.all_generics().flat_map(Generics::type_params).map(|param| &param.ident)
    }

    pub(crate) fn const_parameters(&self) -> impl Iterator<Item = &Ident> {
        self.all_generics().flat_map(Generics::const_params).map(|param| &param.ident)
    }

    /// The names of all arguments, as text.
    pub(crate) fn names(&self) -> Vec<String> {
        self.arguments.iter().flat_map(Argument::mentions).collect()
    }

    /// Whether its load owns all it needs, by what is written: no reference, no lifetime but `'static`, no type that the
    /// caller chooses, and no receiver unless it is known to be owned.
    pub(crate) fn owns_its_arguments(&self) -> bool {
        let borrows = |argument: &Argument| borrowed(&argument.ty).is_some();
        self.owns_its_receiver() && !self.is_generic() && !self.arguments.iter().any(borrows)
    }

    /// Whether the body calls the function, by what is written. Such a future cannot be asked whether it can be sent: the
    /// answer would depend on itself.
    pub(crate) fn calls_itself(&self) -> bool {
        calls(self.item.block.to_token_stream(), &self.item.sig.ident)
    }

    fn owns_its_receiver(&self) -> bool {
        let Some(receiver) = self.item.sig.receiver() else { return true };
        let is_owned = match &receiver.kind {
            ReceiverKind::Reference(..) => false,
            ReceiverKind::Typed(_, ty) => borrowed(ty).is_none(),
            _ => true,
        };
        is_owned && self.owner.as_ref().is_some_and(|owner| owner.borrows_nothing())
    }

    /// The place of the whole signature, for errors about no part of it in particular.
    pub(crate) fn span(&self) -> Span {
        self.item.sig.ident.span()
    }

    /// The place of the return type, for errors about the value.
    pub(crate) fn output_span(&self) -> Span {
        self.output_type.as_ref().map_or_else(|| self.span(), Spanned::span)
    }
}

/// Whether some tokens call `name`, alone or as `self.name` or `Self::name`.
fn calls(tokens: TokenStream, name: &Ident) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_punct = |token: Option<&TokenTree>, sign| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign);
    tokens.iter().enumerate().any(|(at, token)| match token {
        TokenTree::Group(group) => calls(group.stream(), name),
        TokenTree::Ident(ident) if ident == name => {
            let before = |steps: usize| at.checked_sub(steps).and_then(|at| tokens.get(at));
            let owner = match () {
                () if is_punct(before(1), '.') => before(2),
                () if is_punct(before(1), ':') => before(3),
                () => None,
            };
            let is_qualified = is_punct(before(1), '.') || is_punct(before(1), ':');
            let is_ours =
                matches!(owner, Some(TokenTree::Ident(owner)) if owner == "self" || owner == "Self");
            let is_called =
                matches!(tokens.get(at + 1), Some(TokenTree::Group(_))) || is_punct(tokens.get(at + 1), ':');
            is_called && (is_ours || !is_qualified)
        }
        _ => false,
    })
}

/// The first part of a type that borrows from something other than a `'static`, by what is written.
pub(crate) fn borrowed(ty: &Type) -> Option<TokenStream> {
    references(ty, |lifetime| lifetime.is_none_or(|lifetime| lifetime.ident != "static"))
}

/// The first part of a type that refers to a `'static`, by what is written.
pub(crate) fn borrowed_forever(ty: &Type) -> Option<TokenStream> {
    references(ty, |lifetime| lifetime.is_some_and(|lifetime| lifetime.ident == "static"))
}

fn references(ty: &Type, wanted: fn(Option<&Lifetime>) -> bool) -> Option<TokenStream> {
    struct Found(fn(Option<&Lifetime>) -> bool, Option<TokenStream>);
    impl Found {
        fn note(&mut self, lifetime: Option<&Lifetime>, tokens: &impl ToTokens) {
            if self.1.is_none() && (self.0)(lifetime) {
                self.1 = Some(tokens.to_token_stream());
            }
        }
    }
    impl<'ast> Visit<'ast> for Found {
        fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
            self.note(reference.lifetime.as_ref(), reference);
            self.visit_type(&reference.elem);
        }
        fn visit_generic_argument(&mut self, argument: &'ast GenericArgument) {
            if let GenericArgument::Lifetime(lifetime) = argument {
                self.note(Some(lifetime), lifetime);
            }
            syn::visit::visit_generic_argument(self, argument);
        }
        fn visit_type_param_bound(&mut self, bound: &'ast TypeParamBound) {
            // `dyn Trait + 'static` refers to nothing.
            if let TypeParamBound::Lifetime(lifetime) = bound
                && lifetime.ident != "static"
            {
                self.note(Some(lifetime), lifetime);
            }
            syn::visit::visit_type_param_bound(self, bound);
        }
        // What a function takes and returns is not what a pointer to it holds.
        fn visit_parenthesized_generic_arguments(&mut self, _: &'ast ParenthesizedGenericArguments) {}
        fn visit_type_fn_ptr(&mut self, _: &'ast TypeFnPtr) {}
    }
    let mut found = Found(wanted, None);
    found.visit_type(ty);
    found.1
}

fn argument(at: usize, pattern: &Pat, ty: &Type) -> Argument {
    match pattern {
        Pat::Ident(PatIdent { by_ref: None, subpat: None, ident, .. }) => {
            Argument { name: ident.clone(), ty: ty.clone(), pattern: None }
        }
        other => {
            let mut pattern = other.clone();
            ByReference.visit_pat_mut(&mut pattern);
            let mut bound = Bound::default();
            bound.visit_pat(&pattern);
            let name = format_ident!("__hydracache_argument_{at}", span = other.span());
            Argument { name, ty: ty.clone(), pattern: Some((pattern, bound.0)) }
        }
    }
}

/// Lets a pattern match a reference: what it binds is then borrowed.
struct ByReference;

impl VisitMut for ByReference {
    fn visit_pat_ident_mut(&mut self, pattern: &mut PatIdent) {
        pattern.mutability = None;
        pattern.by_ref = None;
        syn::visit_mut::visit_pat_ident_mut(self, pattern);
    }
}

/// The names that a pattern binds.
#[derive(Default)]
struct Bound(Vec<Ident>);

impl<'ast> Visit<'ast> for Bound {
    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        self.0.push(pattern.ident.clone());
        syn::visit::visit_pat_ident(self, pattern);
    }
}

/// The first `impl Trait` in a type.
pub(crate) fn opaque(ty: &Type) -> Option<TypeImplTrait> {
    struct Found(Option<TypeImplTrait>);
    impl<'ast> Visit<'ast> for Found {
        fn visit_type_impl_trait(&mut self, opaque: &'ast TypeImplTrait) {
            self.0.get_or_insert_with(|| opaque.clone());
        }
    }
    let mut found = Found(None);
    found.visit_type(ty);
    found.0
}

fn refuse(item: &ItemFn, sees_impl: bool, errors: &mut Errors) {
    if let Some(constness) = &item.sig.constness {
        errors.on(
            constness,
            "a `const fn` cannot be cached: it has no place to look anything up; remove `const`",
        );
    }
    if let Some(variadic) = &item.sig.variadic {
        errors.on(variadic, "a variadic function cannot be cached: its arguments cannot be a key");
    }
    if let Some(receiver) = item.sig.receiver()
        && takes_exclusively(&receiver.kind)
    {
        errors.on(
            receiver,
            "a method with `&mut self` cannot be cached: a hit would skip the change it makes; take `&self`, or cache \
             the part that reads",
        );
    }
    if !sees_impl && item.sig.receiver().is_none() && mentions_self(item) {
        errors.at(
            item.sig.ident.span(),
            "this is an associated function without a receiver, and an attribute on it cannot put a handle beside it: \
             put `#[hydracache::cached_impl]` on the `impl` block, which can",
        );
    }
}

fn takes_exclusively(kind: &ReceiverKind) -> bool {
    match kind {
        ReceiverKind::Reference(_, _, mutability) => mutability.is_some(),
        ReceiverKind::Typed(_, ty) => {
            matches!(&**ty, Type::Reference(reference) if reference.mutability.is_some())
        }
        _ => false,
    }
}

/// Whether `Self` is mentioned, outside of items that have one of their own.
fn mentions_self(item: &ItemFn) -> bool {
    struct Found(bool);
    impl<'ast> Visit<'ast> for Found {
        fn visit_ident(&mut self, ident: &'ast Ident) {
            self.0 |= ident == "Self";
        }
        fn visit_item(&mut self, _: &'ast syn::Item) {}
    }
    let mut found = Found(false);
    found.visit_signature(&item.sig);
    found.visit_block(&item.block);
    found.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_of_itself_is_told_from_calls_of_others_of_that_name() {
        let name = Ident::new("find", Span::call_site());
        for (body, expected) in [
            (quote!({ Box::pin(find(n - 1)).await }), true),
            (quote!({ find::<T>(n) }), true),
            (quote!({ self.find(n) }), true),
            (quote!({ Self::find(n) }), true),
            (quote!({ self::find(n) }), true),
            (quote!({ self.db.find(n) }), false),
            (quote!({ db::find(n) }), false),
            (
                quote!({
                    let find = 1;
                    find + n
                }),
                false,
            ),
            (quote!({ row.find }), false),
        ] {
            assert_eq!(calls(body.clone(), &name), expected, "{body}");
        }
    }
}
