//! What is said about the entries: tags, time to live, weight.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprClosure, ExprLit, Ident, Lit};

use super::args::{Absent, Args, Tags, Ttl};
use super::key::{self, Uses};
use super::signature::Signature;
use crate::crate_path::Facade;
use crate::diagnostics::{Errors, call_over, generated};
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

pub(crate) fn settings(args: &Args, signature: &Signature, facade: &Facade, errors: &mut Errors) -> Settings {
    let mut settings = Settings {
        options: TokenStream::new(),
        finish: TokenStream::new(),
        uses: Uses::nothing(signature),
        shown_tags: Vec::new(),
        shown_ttl: None,
    };
    match &args.tags {
        None => {}
        Some(Tags::List(list)) => list.iter().for_each(|tag| settings.tag(tag, signature, facade, errors)),
        Some(Tags::OfValue(closure)) => {
            settings.shown_tags.push(closure.to_token_stream().to_string());
            settings.of_value("tags", &quote!(_), closure, facade);
        }
    }
    match &args.ttl {
        None => {}
        Some(Ttl::Literal(text, duration)) => {
            let duration = duration::tokens(*duration);
            settings.options.extend(quote!(.ttl(#duration)));
            settings.shown_ttl = Some(text.clone());
        }
        Some(Ttl::Expr(expr)) => {
            settings.shown_ttl = Some(expr.to_token_stream().to_string());
            settings.options.extend(quote_spanned!(generated(expr.span())=> .ttl(#expr)));
            settings.uses.note(expr, signature);
        }
        Some(Ttl::OfValue(closure)) => {
            settings.shown_ttl = Some(closure.to_token_stream().to_string());
            settings.of_value("ttl", &quote!(_), closure, facade);
        }
    }
    if let Some(idle) = args.idle.map(duration::tokens) {
        settings.options.extend(quote!(.time_to_idle(#idle)));
    }
    if let Some(percent) = args.jitter {
        settings.options.extend(quote!(.jitter(#percent)));
    }
    if let Some(errors) = args.errors.map(duration::tokens) {
        settings.options.extend(quote!(.cache_errors(#errors)));
    }
    let absent = match args.none {
        None | Some(Absent::Cached) => None,
        Some(Absent::Skipped) => Some(quote!(.skip_none())),
        Some(Absent::CachedFor(ttl)) => {
            let ttl = duration::tokens(ttl);
            Some(quote!(.none_ttl(#ttl)))
        }
    };
    if args.none.is_some() {
        // Asked even where it changes nothing: the value must be an `Option`.
        let span = generated(signature.output_span());
        let private = facade.private(span);
        settings.options.extend(absent);
        settings.finish.extend(quote_spanned!(span=> __draft.none(#private::is_none(__value));));
    }
    if let Some(closure) = &args.unless {
        let span = generated(closure.span());
        let private = facade.private(span);
        let given = quote_spanned!(span=> __value, #closure);
        let skips = call_over(quote!(#private::of_value::<_, bool>), given, closure);
        settings.finish.extend(quote_spanned!(span=> if #skips { __draft.skip(); }));
    }
    if let Some(closure) = &args.weight {
        settings.of_value("weight", &quote!(u32), closure, facade);
    }
    settings
}

impl Settings {
    fn tag(&mut self, tag: &Expr, signature: &Signature, facade: &Facade, errors: &mut Errors) {
        match tag {
            Expr::Lit(ExprLit { lit: Lit::Str(literal), .. }) => {
                if literal.value().is_empty() {
                    errors.at(literal.span(), "a tag must not be empty: remove it, or name what is tagged");
                }
                let written = key::of_template(literal, signature, errors);
                let (statements, private) = (&written.statements, facade.private(literal.span()));
                let span = generated(literal.span());
                self.options.extend(quote_spanned!(span=> .tag(#private::tag(|__key| { #statements }))));
                self.uses = self.uses.and(&written.uses);
                self.shown_tags.push(written.shown);
            }
            Expr::Lit(ExprLit { lit, .. }) => errors.on(lit, "a tag is a text: `tags = [\"users\", \"user:{id}\"]`"),
            Expr::Closure(closure) => errors.on(
                closure,
                "a closure of the value gives all tags at once: `tags = |value| [\"users\".to_owned(), value.team()]`",
            ),
            expr => {
                let private = facade.private(expr.span());
                let tag = call_over(quote!(#private::tag_of), expr.to_token_stream(), expr);
                self.options.extend(quote_spanned!(generated(expr.span())=> .tag(#tag)));
                self.uses.note(expr, signature);
                self.shown_tags.push(format!("{{{}}}", expr.to_token_stream()));
            }
        }
    }

    /// A call on the draft with what a closure makes of the value.
    fn of_value(&mut self, method: &str, made: &TokenStream, closure: &ExprClosure, facade: &Facade) {
        let span = generated(closure.span());
        let method = Ident::new(method, span);
        let private = facade.private(span);
        let given = quote_spanned!(span=> __value, #closure);
        let value = call_over(quote!(#private::of_value::<_, #made>), given, closure);
        self.finish.extend(quote_spanned!(span=> __draft.#method(#value);));
    }
}
