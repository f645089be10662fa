//! The keys about values that are old and loads that are slow or fail: what they take, which of them go together, and
//! the options they make.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Lit, LitStr};

use super::args::{Args, Returns, Ttl};
use super::shape::is_plain;
use super::signature::{Signature, borrowed};
use crate::crate_path::Facade;
use crate::diagnostics::Errors;
use crate::duration;

/// What is wrong with a soft limit that is not below the hard one.
pub(crate) const NEVER_PASSES: &str =
    "this is not shorter than `load_timeout`, so it would never pass: make it shorter";
/// What is wrong with a soft limit where nothing may be handed out in its place.
pub(crate) const SOFT_WITHOUT_STALE: &str =
    "`soft_timeout` hands out a stale value: say how stale it may be, as in `stale_on_error = \"1h\"`";
/// What is wrong with a pause after failures that nobody outlives.
pub(crate) const RETRY_OF_NOTHING: &str = "`retry_after` is about loads that fail where an old value will do: say how old it \
    may be, as in `stale_on_error = \"1h\"`, or remove it";

/// A span of time and where it is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Length {
    pub(crate) at: Span,
    pub(crate) length: Duration,
}

/// What was said about refreshing, staleness and limits.
#[derive(Debug, Default)]
pub(crate) struct Refresh {
    pub(crate) ahead: Option<Ahead>,
    pub(crate) while_revalidate: Option<Length>,
    pub(crate) on_error: Option<Length>,
    pub(crate) retry_after: Option<Length>,
    pub(crate) soft_timeout: Option<Length>,
    pub(crate) load_timeout: Option<Length>,
    pub(crate) wait_timeout: Option<Length>,
    pub(crate) single_flight: Option<bool>,
}

/// When a value is refreshed before its end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ahead {
    For(Length),
    /// This part of the time to live, in percent.
    Percent(Span, u8),
}

impl Length {
    pub(crate) fn read(text: LitStr) -> syn::Result<Self> {
        Ok(Self { at: text.span(), length: duration::read(&Lit::Str(text))? })
    }
}

impl Ahead {
    pub(crate) fn read(text: LitStr) -> syn::Result<Self> {
        if text.value().trim_end().ends_with('%') {
            return Ok(Self::Percent(text.span(), percent(&text, 1, 99)?));
        }
        Length::read(text).map(Self::For)
    }
}

/// A percentage, written as a text.
pub(crate) fn percent(text: &LitStr, least: u8, most: u8) -> syn::Result<u8> {
    let value = text.value();
    let number = value.trim().strip_suffix('%').and_then(|number| number.trim().parse::<u64>().ok());
    match number {
        Some(number) if (u64::from(least)..=u64::from(most)).contains(&number) => {
            Ok(u8::try_from(number).unwrap_or(most))
        }
        Some(_) => Err(syn::Error::new(
            text.span(),
            format!("`{value}` is not within {least}% and {most}%; choose one that is"),
        )),
        None => Err(syn::Error::new(
            text.span(),
            format!("`{value}` is not a percentage; write a whole number with its sign, like `\"10%\"`"),
        )),
    }
}

impl Refresh {
    /// Whether a look-up may find something other than a fresh value.
    pub(crate) fn has_windows(&self) -> bool {
        self.ahead.is_some() || self.while_revalidate.is_some() || self.on_error.is_some()
    }

    /// The key that makes values be loaded in the background, if one does.
    pub(crate) fn renews(&self) -> Option<&'static str> {
        match (&self.ahead, &self.while_revalidate) {
            (Some(_), _) => Some("refresh_ahead"),
            (None, Some(_)) => Some("stale_while_revalidate"),
            (None, None) => None,
        }
    }

    /// The options as a constant.
    pub(crate) fn options(&self, args: &Args, facade: &Facade) -> TokenStream {
        let ahead = match (self.ahead, &args.ttl) {
            (Some(Ahead::For(span)), _) => Some(span.length),
            (Some(Ahead::Percent(_, percent)), Some(Ttl::Literal(_, ttl))) => {
                Some(ttl.mul_f64(f64::from(percent) / 100.0))
            }
            _ => None,
        };
        let span = |span: Option<Length>| span.map(|span| span.length);
        let set = [
            ("refresh_ahead", ahead),
            ("stale_while_revalidate", span(self.while_revalidate)),
            ("stale_on_loader_error", span(self.on_error)),
            ("retry_after", span(self.retry_after)),
            ("soft_timeout", span(self.soft_timeout)),
            ("load_timeout", span(self.load_timeout)),
            ("wait_timeout", span(self.wait_timeout)),
        ];
        let set = set.into_iter().filter_map(|(method, length)| {
            let method = quote::format_ident!("{method}");
            let length = duration::tokens(length?);
            Some(quote!(.#method(#length)))
        });
        let shared = self.single_flight.map(|shared| quote!(.single_flight(#shared)));
        quote!(#facade::RefreshOptions::new() #(#set)* #shared)
    }

    /// What does not go together, and what the function has no room for.
    pub(crate) fn check(&self, args: &Args, signature: &Signature, errors: &mut Errors) {
        self.check_windows(args, errors);
        self.check_limits(args, signature, errors);
        let said = |key: &str| args.said(key);
        let fails = args.returns != Some(Returns::Plain)
            && signature.output_type.as_ref().is_some_and(|output| !is_plain(output));
        if let (Some(at), false) = (said("stale_on_error"), fails) {
            errors.at(at, "the function cannot fail: remove `stale_on_error`, or return a `Result`");
        }
        if let (Some(at), false) = (said("load_timeout"), fails) {
            errors.at(
                at,
                "a load that takes too long ends in an error, for which the return type has no room: return a `Result`",
            );
        }
        let windows = ["refresh_ahead", "stale_while_revalidate", "stale_on_error"];
        if let (Some(at), true) = (said("retry_after"), windows.iter().all(|window| said(window).is_none())) {
            errors.at(at, RETRY_OF_NOTHING);
        }
        if self.single_flight == Some(false)
            && let Some(at) = said("wait_timeout")
        {
            errors.at(
                at,
                "with `single_flight = false` nobody waits for another's load: remove one of the two",
            );
        }
        if let Some(key) = self.renews() {
            check_owned(key, signature, errors);
        }
    }

    fn check_windows(&self, args: &Args, errors: &mut Errors) {
        if args.said("ttl").is_none() {
            for key in ["refresh_ahead", "stale_while_revalidate", "stale_on_error"] {
                if let Some(at) = args.said(key) {
                    errors.at(
                        at,
                        format!(
                            "`{key}` counts from the end of a time to live: add one, as in `ttl = \"5m\"`"
                        ),
                    );
                }
            }
            return;
        }
        match (self.ahead, &args.ttl) {
            (Some(Ahead::For(ahead)), Some(Ttl::Literal(text, ttl))) if ahead.length >= *ttl => errors.at(
                ahead.at,
                format!("this is not shorter than the time to live, `{text}`, so every hit would refresh: make it shorter"),
            ),
            (Some(Ahead::Percent(at, _)), Some(Ttl::Expr(_) | Ttl::OfValue(_))) => errors.at(
                at,
                "a percentage is taken of a time to live that is known here: write `ttl` as a text, or this as a duration",
            ),
            _ => {}
        }
    }

    fn check_limits(&self, args: &Args, signature: &Signature, errors: &mut Errors) {
        if let (Some(soft), Some(load)) = (self.soft_timeout, self.load_timeout)
            && soft.length >= load.length
        {
            errors.at(soft.at, NEVER_PASSES);
        }
        if let Some(soft) = self.soft_timeout {
            if args.said("stale_on_error").is_none() {
                errors.at(soft.at, SOFT_WITHOUT_STALE);
            }
            if args.adopt == Some(false) {
                errors.at(
                    soft.at,
                    "a load that goes on after its caller is an adopted one: remove `adopt = false`, or `soft_timeout`",
                );
            } else if signature.is_async() && !signature.owns_its_arguments() {
                errors.at(
                    soft.at,
                    "a load that goes on after its caller must own what it needs: take the arguments by value, in a free \
                     function, or remove `soft_timeout`",
                );
            }
        }
        if !signature.is_async() {
            for (key, limit) in [("soft_timeout", self.soft_timeout), ("load_timeout", self.load_timeout)] {
                if let Some(limit) = limit {
                    errors.at(
                        limit.at,
                        format!(
                            "a blocking function cannot be interrupted: remove `{key}`, or make it `async`"
                        ),
                    );
                }
            }
        }
    }
}

/// Whether it is `&dyn Trait`.
fn is_behind_a_trait(ty: &syn::Type) -> bool {
    let syn::Type::Reference(reference) = ty else { return false };
    let mut inner = &*reference.elem;
    while let syn::Type::Paren(paren) = inner {
        inner = &paren.elem;
    }
    matches!(inner, syn::Type::TraitObject(_))
}

/// A load in the background needs what outlives the call.
fn check_owned(key: &str, signature: &Signature, errors: &mut Errors) {
    for argument in &signature.arguments {
        let ty = &argument.ty;
        if is_behind_a_trait(ty) {
            errors.on(
                ty,
                format!(
                    "`{key}` loads in the background, after the call has ended, and what implements a trait has no owned \
                     form behind a reference: take it as an `Arc`"
                ),
            );
            continue;
        }
        let why = match ty {
            syn::Type::Reference(reference) if reference.mutability.is_some() => {
                Some("what is borrowed exclusively cannot be kept for it")
            }
            syn::Type::Reference(reference) if borrowed(&reference.elem).is_none() => None,
            _ if borrowed(ty).is_some() => Some("this borrows in a way that has no owned form"),
            _ => None,
        };
        if let Some(why) = why {
            errors.on(
                ty,
                format!("`{key}` loads in the background, after the call has ended, and {why}: take it by value or as `&T`"),
            );
        }
    }
}
