//! What is said about the entries: tags, time to live, weight, cache.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit};

use super::args::{Args, Tags};
use super::key::{self, Uses};
use super::signature::Signature;
use crate::diagnostics::Errors;
use crate::duration;

/// The parts of the expansion that describe entries.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Calls on `CacheOptions`, known before the value.
    pub(crate) options: TokenStream,
    /// Statements on a draft, known with the value.
    pub(crate) finish: TokenStream,
    pub(crate) uses: Uses,
    pub(crate) shown_tags: Vec<String>,
    pub(crate) shown_ttl: Option<String>,
}

pub(crate) fn settings(
    args: &Args,
    signature: &Signature,
    facade: &TokenStream,
    errors: &mut Errors,
) -> Settings {
    let mut settings = Settings {
        options: TokenStream::new(),
        finish: TokenStream::new(),
        uses: Uses::nothing(signature),
        shown_tags: Vec::new(),
        shown_ttl: None,
    };
    settings.tags(args, signature, facade, errors);
    settings.ttl(args, signature, facade, errors);
    if let Some(closure) = &args.weight {
        settings.finish.extend(quote_spanned! {closure.span()=>
            __draft.weight(#facade::__private::of_value(__value, #closure));
        });
    }
    settings
}

impl Settings {
    fn tags(&mut self, args: &Args, signature: &Signature, facade: &TokenStream, errors: &mut Errors) {
        match &args.tags {
            None => {}
            Some(Tags::OfValue(closure)) => {
                self.shown_tags.push(closure.to_token_stream().to_string());
                self.finish.extend(quote_spanned! {closure.span()=>
                    __draft.tags(#facade::__private::of_value(__value, #closure));
                });
            }
            Some(Tags::List(list)) => {
                for tag in list {
                    self.tag(tag, signature, facade, errors);
                }
            }
        }
    }

    fn tag(&mut self, tag: &Expr, signature: &Signature, facade: &TokenStream, errors: &mut Errors) {
        match tag {
            Expr::Lit(ExprLit { lit: Lit::Str(literal), .. }) => {
                if literal.value().is_empty() {
                    errors.at(literal.span(), "a tag must not be empty");
                }
                let written = key::of_template(literal, signature, errors);
                let statements = &written.statements;
                self.options.extend(quote!(.tag(#facade::__private::tag(|__key| { #statements }))));
                self.uses = self.uses.and(&written.uses);
                self.shown_tags.push(written.shown);
            }
            Expr::Lit(ExprLit { lit, .. }) => errors.on(lit, "a tag is a text: `tags = [\"users\", \"user:{id}\"]`"),
            Expr::Closure(closure) => errors.on(
                closure,
                "a closure of the value gives all tags at once: `tags = |value| [\"users\".to_owned(), value.team()]`",
            ),
            expr => {
                self.options.extend(quote_spanned!(expr.span()=> .tag(#expr)));
                self.uses.note(expr, signature);
                self.shown_tags.push(format!("{{{}}}", expr.to_token_stream()));
            }
        }
    }

    fn ttl(&mut self, args: &Args, signature: &Signature, facade: &TokenStream, errors: &mut Errors) {
        let Some(ttl) = &args.ttl else { return };
        match ttl {
            Expr::Lit(ExprLit { lit: Lit::Str(literal), .. }) => {
                match duration::parse(&literal.value()) {
                    Ok(duration) => {
                        let duration = duration::tokens(duration);
                        self.options.extend(quote!(.ttl(#duration)));
                    }
                    Err(why) => errors.at(literal.span(), why),
                }
                self.shown_ttl = Some(literal.value());
            }
            Expr::Lit(ExprLit { lit, .. }) => {
                errors.on(
                    lit,
                    "a duration is a text with a unit, `ttl = \"30s\"`, or an expression of type `Duration`",
                );
            }
            Expr::Closure(closure) if closure.inputs.len() != 1 => {
                errors.on(
                    closure,
                    "the closure of `ttl` is called with the value alone: `ttl = |value| value.expires_in`",
                );
            }
            Expr::Closure(closure) => {
                self.shown_ttl = Some(closure.to_token_stream().to_string());
                self.finish.extend(quote_spanned! {closure.span()=>
                    __draft.ttl(#facade::__private::of_value(__value, #closure));
                });
            }
            expr => {
                self.shown_ttl = Some(expr.to_token_stream().to_string());
                self.options.extend(quote_spanned!(expr.span()=> .ttl(#expr)));
                self.uses.note(expr, signature);
            }
        }
    }
}
