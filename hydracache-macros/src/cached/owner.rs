//! The impl block around a method, and what is said in it said elsewhere.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Generics, Ident, ImplItem, ItemImpl, Path, Type};

use super::signature::borrowed;
use crate::diagnostics::{generated, spelled};

/// What the attribute of an impl block knows for the attributes of its methods.
#[derive(Debug)]
pub(crate) struct Owner {
    pub(crate) ty: Type,
    pub(crate) generics: Generics,
    pub(crate) of_trait: Option<Path>,
    /// The types that the impl block defines for its trait.
    associated: Vec<Ident>,
}

impl Owner {
    pub(crate) fn new(item: &ItemImpl) -> Self {
        let associated = item.items.iter().filter_map(|item| match item {
            ImplItem::Type(ty) => Some(ty.ident.clone()),
            _ => None,
        });
        Self {
            ty: (*item.self_ty).clone(),
            generics: item.generics.clone(),
            of_trait: item.trait_.as_ref().map(|(path, _)| path.clone()),
            associated: associated.collect(),
        }
    }

    /// How the registry calls the type, and the trait where there is one.
    pub(crate) fn name(&self) -> String {
        let mut name = spelled(&self.ty);
        if let Some(of_trait) = &self.of_trait {
            name.push_str("::");
            name.push_str(&spelled(of_trait));
        }
        name
    }

    /// What keeps apart what is made for methods of the same name in several traits.
    pub(crate) fn mark(&self) -> String {
        let Some(of_trait) = &self.of_trait else { return String::new() };
        spelled(of_trait).replace(|c: char| !c.is_alphanumeric(), "_").to_lowercase() + "_"
    }

    /// Whether the type has no lifetime that could end.
    pub(crate) fn borrows_nothing(&self) -> bool {
        self.generics.params.is_empty() && borrowed(&self.ty).is_none()
    }

    /// The tokens in another impl block of the same type, where the types of the trait have longer names.
    pub(crate) fn beside(&self, tokens: TokenStream) -> TokenStream {
        rewritten(tokens, &|word: &str, span, next: Option<&Ident>| {
            let of_trait = self.of_trait.as_ref()?;
            let is_theirs = word == "Self" && next.is_some_and(|next| self.associated.contains(next));
            is_theirs.then(|| quote_spanned!(span=> <Self as #of_trait>))
        })
    }

    /// The tokens outside of every impl block of the type: it is named, and its instance is an argument.
    pub(crate) fn outside(&self, tokens: TokenStream) -> TokenStream {
        let ty = &self.ty;
        rewritten(tokens, &|word: &str, span, next: Option<&Ident>| match (word, next) {
            ("self", _) => Some(this(span).to_token_stream()),
            ("Self", Some(next)) => Some(match &self.of_trait {
                Some(of_trait) if self.associated.contains(next) => quote!(<#ty as #of_trait>),
                _ => quote!(<#ty>),
            }),
            ("Self", None) => Some(quote!(#ty)),
            _ => None,
        })
    }
}

/// The name of the argument that stands for `self` where there is none.
pub(crate) fn this(span: Span) -> Ident {
    Ident::new("__this", generated(span))
}

/// Puts something in the place of words. What is asked is given the word, its place, and what follows it after `::`.
fn rewritten(
    tokens: TokenStream,
    instead: &impl Fn(&str, Span, Option<&Ident>) -> Option<TokenStream>,
) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut all = TokenStream::new();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                let inside = rewritten(group.stream(), instead);
                let mut inside = proc_macro2::Group::new(group.delimiter(), inside);
                inside.set_span(group.span());
                all.extend([TokenTree::from(inside)]);
            }
            TokenTree::Ident(ident) => {
                let next = following(&tokens[at + 1..]);
                match instead(&ident.to_string(), ident.span(), next) {
                    Some(instead) => all.extend(instead),
                    None => all.extend([token.clone()]),
                }
            }
            other => all.extend([other.clone()]),
        }
    }
    all
}

/// The word after a `::`.
fn following(tokens: &[TokenTree]) -> Option<&Ident> {
    match tokens {
        [TokenTree::Punct(first), TokenTree::Punct(second), TokenTree::Ident(next), ..]
            if first.as_char() == ':' && second.as_char() == ':' =>
        {
            Some(next)
        }
        _ => None,
    }
}
