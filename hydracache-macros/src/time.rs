//! Times as the keys of a call take them: a literal, which is checked, or an expression.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Expr, ExprGroup, ExprLit, ExprParen, Lit};

use crate::duration;

/// A span of time.
#[derive(Debug)]
pub(crate) enum Time {
    Known {
        at: Span,
        length: Duration,
    },
    /// An expression of type `Duration`.
    Expr(TokenStream),
}

impl Time {
    /// A text with a unit, or an expression of type `Duration`.
    pub(crate) fn read(expr: Expr) -> syn::Result<Self> {
        match plain(expr) {
            Expr::Lit(ExprLit { lit, .. }) => {
                duration::read(&lit).map(|length| Self::Known { at: lit.span(), length })
            }
            expr => Ok(Self::Expr(expr.into_token_stream())),
        }
    }

    /// A number of seconds; `key` is what it is said by.
    pub(crate) fn of_seconds(expr: Expr, key: &str) -> syn::Result<Self> {
        match plain(expr) {
            Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => {
                duration::of_seconds(&number).map(|length| Self::Known { at: number.span(), length })
            }
            Expr::Lit(ExprLit { lit, .. }) => {
                let message = format!(
                    "`{key}` is a whole number of seconds, as in `{key} = 60`, or an expression of type `u64`"
                );
                Err(syn::Error::new(lit.span(), message))
            }
            expr => Ok(Self::Expr(quote!(::core::time::Duration::from_secs(#expr)))),
        }
    }

    /// Where it is written and how long it is, if that is known here.
    pub(crate) fn known(&self) -> Option<(Span, Duration)> {
        match self {
            Self::Known { at, length } => Some((*at, *length)),
            Self::Expr(_) => None,
        }
    }
}

impl ToTokens for Time {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Known { length, .. } => duration::tokens(*length),
            Self::Expr(expr) => expr.clone(),
        });
    }
}

/// What a literal is when it was handed on by another macro, or stands in parentheses.
pub(crate) fn plain(expr: Expr) -> Expr {
    let inside = match &expr {
        Expr::Group(ExprGroup { expr: inside, .. }) | Expr::Paren(ExprParen { expr: inside, .. }) => {
            &**inside
        }
        _ => return expr,
    };
    match plain(inside.clone()) {
        literal @ Expr::Lit(_) => literal,
        _ => expr,
    }
}
