//! The values of keys: what each takes, and what is said where it is something else.

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, ExprArray, ExprLit, Lit, LitBool, Token};

use super::args::Entity;
use super::call;
use crate::cached::read::{expression, literal, named};
use crate::cached::refresh::percent;
use crate::diagnostics::{Errors, did_you_mean, listed};
use crate::parts::Key;
use crate::time::plain;

const PRESETS: [&str; 5] =
    ["short_lived", "read_mostly", "per_entity", "no_ttl_explicit_invalidation", "negative_cache"];

/// A text, or an expression in the place of one.
pub(super) fn read_text(input: ParseStream<'_>, takes: &str) -> syn::Result<Expr> {
    let text = plain(expression(input, takes)?);
    check_text(&text, takes)?;
    Ok(text)
}

/// A literal in the place of a text must be one that says something.
fn check_text(text: &Expr, takes: &str) -> syn::Result<()> {
    match text {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if !text.value().trim().is_empty() => Ok(()),
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
            Err(syn::Error::new(text.span(), format!("an empty text says nothing; {takes}")))
        }
        Expr::Lit(other) => Err(syn::Error::new_spanned(other, takes)),
        _ => Ok(()),
    }
}

pub(super) fn read_entity(input: ParseStream<'_>, takes: &str) -> syn::Result<Entity> {
    if input.peek(Lit) {
        return named(input, takes).map(Entity::Name);
    }
    let at = input.span();
    input.parse().map(|ty| Entity::Type(Box::new(ty))).map_err(|_| syn::Error::new(at, takes))
}

/// The name of a policy to begin with.
pub(super) fn read_preset(input: ParseStream<'_>, takes: &str) -> syn::Result<Ident> {
    let at = input.span();
    let known = listed(PRESETS);
    let preset = Ident::parse_any(input);
    let preset = preset.map_err(|_| syn::Error::new(at, format!("{takes}\nthe presets are {known}")))?;
    let name = preset.to_string();
    if PRESETS.contains(&name.as_str()) {
        return Ok(preset);
    }
    let meant = did_you_mean(&name, PRESETS);
    Err(syn::Error::new(at, format!("`{name}` is not a preset{meant}\nthe presets are {known}")))
}

/// The calls that add the tags of a list.
pub(super) fn read_tags(
    input: ParseStream<'_>,
    takes: &str,
    errors: &mut Errors,
) -> syn::Result<TokenStream> {
    match plain(expression(input, takes)?) {
        Expr::Array(list) if list.elems.is_empty() => {
            Err(syn::Error::new_spanned(list, "`tags` names no tag; leave it out, or name some"))
        }
        // One by one, so that they can be of different types.
        Expr::Array(ExprArray { elems, .. }) => {
            for tag in &elems {
                if let Err(error) = check_text(tag, "a tag is a text: `tags = [\"tenant:7\", \"reports\"]`") {
                    errors.push(error);
                }
            }
            Ok(elems.iter().map(|tag| call("tag", tag)).collect())
        }
        literal @ Expr::Lit(_) => Err(syn::Error::new_spanned(literal, takes)),
        tags => Ok(call("tags", &tags)),
    }
}

/// A part in percent: a number, a text with its sign, or an expression.
pub(super) fn read_jitter(input: ParseStream<'_>, takes: &str) -> syn::Result<Expr> {
    match plain(expression(input, takes)?) {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
            let percent = percent(&text, 1, 50)?;
            Ok(syn::parse_quote!(#percent))
        }
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => {
            let known = number.base10_parse().ok().filter(|percent: &u8| (1..=50).contains(percent));
            match known {
                Some(percent) => Ok(syn::parse_quote!(#percent)),
                None => Err(syn::Error::new(
                    number.span(),
                    format!("`{number}` is not within 1% and 50%; choose one that is"),
                )),
            }
        }
        Expr::Lit(other) => Err(syn::Error::new_spanned(other, takes)),
        percent => Ok(percent),
    }
}

/// A flag, alone or with whether it holds.
pub(super) fn read_flag(key: &Key, input: ParseStream<'_>) -> syn::Result<bool> {
    if !input.peek(Token![=]) {
        return Ok(true);
    }
    key.equals(input)?;
    let name = key.name;
    literal(input, &format!("`{name}` is a flag: write it alone")).map(|truth: LitBool| truth.value)
}
