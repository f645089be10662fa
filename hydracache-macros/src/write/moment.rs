//! When something is invalidated: a word, or the commit of a transaction.

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, LitStr, Token, parenthesized};

use super::args::At;
use super::target::mentions_result;
use crate::cached::read::literal;

const COMMIT: &str = "say of which transaction: `at = commit(tx)`, where `tx` is an argument";

const ONE: &str = "`commit` takes one expression: `at = commit(tx)`, where `tx` is an argument";

/// Reads the moment, and the transaction where it is a commit.
pub(super) fn read(
    input: ParseStream<'_>,
    takes: &dyn Fn(&str) -> String,
) -> syn::Result<(At, Option<Expr>)> {
    if input.fork().call(Ident::parse_any).is_ok_and(|word| word == "commit") {
        return read_commit(input).map(|transaction| (At::Commit, Some(transaction)));
    }
    let takes = takes("`\"after_ok\"`, `\"always\"`, `\"before\"` or `commit(tx)`");
    let moment: LitStr = literal(input, &takes)?;
    if moment.value().starts_with(At::Commit.name()) {
        let message = format!("a commit is not named as a text; {COMMIT}");
        return Err(syn::Error::new(moment.span(), message));
    }
    let known = [At::AfterOk, At::Always, At::Before];
    let said = known.into_iter().find(|known| known.name() == moment.value());
    said.map(|at| (at, None)).ok_or_else(|| syn::Error::new(moment.span(), takes))
}

fn read_commit(input: ParseStream<'_>) -> syn::Result<Expr> {
    let word: Ident = input.call(Ident::parse_any)?;
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new(word.span(), COMMIT));
    }
    let content;
    parenthesized!(content in input);
    // All of it is taken, since what is left in the parentheses would be a second error.
    let inside: TokenStream = content.parse()?;
    let read = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(inside);
    let mut transactions = read.map_err(|error| syn::Error::new(error.span(), ONE))?.into_iter();
    let (transaction, more) = (transactions.next(), transactions.next());
    if let Some(more) = more {
        let message =
            "one transaction keeps the list: give the function a second `#[invalidates]` for another one";
        return Err(syn::Error::new_spanned(more, message));
    }
    let Some(transaction) = transaction else { return Err(syn::Error::new(word.span(), COMMIT)) };
    if mentions_result(&transaction) {
        return Err(syn::Error::new_spanned(
            transaction,
            "the transaction must be known before the body runs, and `result` is not: name an argument, as in `at = commit(tx)`",
        ));
    }
    Ok(transaction)
}
