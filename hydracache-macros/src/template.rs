//! Templates of keys and tags: text with placeholders, `"user:{id}"`.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, LitStr, Member};

use crate::diagnostics::respanned;

/// A part of a template.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Text as it is, separators included.
    Text(String),
    /// A value that becomes one escaped segment.
    Value(Expr),
}

/// A text as one segment of a key. The runtime escapes in the same way, and a test compares the two.
pub(crate) fn escaped(segment: &str) -> String {
    segment.replace('%', "%25").replace(':', "%3A")
}

/// Takes a template apart; the error stands at the placeholder where the compiler can point into a literal.
pub(crate) fn parse(literal: &LitStr) -> syn::Result<Vec<Piece>> {
    let text = literal.value();
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        match c {
            '{' | '}' if rest.peek().is_some_and(|&(_, next)| next == c) => {
                rest.next();
                plain.push(c);
            }
            '{' => {
                let Some(length) = text[at + 1..].find('}') else {
                    return Err(syn::Error::new(
                        literal.span(),
                        "a `{` is not closed; write `{{` for a brace that stands for itself",
                    ));
                };
                let inside = &text[at + 1..at + 1 + length];
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                pieces.push(Piece::Value(placeholder(inside, span_inside(literal, at, length))?));
                while rest.next_if(|&(next, _)| next <= at + 1 + length).is_some() {}
            }
            '}' => {
                return Err(syn::Error::new(
                    literal.span(),
                    "a `}` was not opened; write `}}` for a brace that stands for itself",
                ));
            }
            _ => plain.push(c),
        }
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Ok(pieces)
}

/// The place of a placeholder. Only a nightly compiler can point into a literal; a stable one points at all of it.
fn span_inside(literal: &LitStr, at: usize, length: usize) -> Span {
    // One byte for the opening quote; escapes in the literal shift the rest, and then the whole literal is better.
    let token = literal.token();
    let simple = token.to_string().len() == literal.value().len() + 2;
    let inside = at + 2..at + 2 + length;
    simple.then(|| token.subspan(inside)).flatten().unwrap_or_else(|| literal.span())
}

fn placeholder(inside: &str, span: Span) -> syn::Result<Expr> {
    let wrong = |why: &str| {
        Err(syn::Error::new(
            span,
            format!(
                "`{{{inside}}}` {why}; a placeholder is an argument, a field of one or a method without arguments: \
                 `{{id}}`, `{{user.id}}`, `{{self.tenant}}`, `{{name.len()}}`"
            ),
        ))
    };
    if inside.trim().is_empty() {
        return wrong("is empty");
    }
    let Ok(tokens) = inside.parse::<TokenStream>() else { return wrong("cannot be read") };
    let tokens = respanned(tokens, &|_| span);
    let Ok(expr) = syn::parse2::<Expr>(tokens.clone()).or_else(|_| syn::parse2(raw(tokens))) else {
        return wrong("cannot be read");
    };
    if is_simple(&expr) { Ok(expr) } else { wrong("is more than a placeholder can be") }
}

/// Keywords as the names of arguments that they can be: `{type}` is `r#type`, as in `format!`.
fn raw(tokens: TokenStream) -> TokenStream {
    let raw = |token| match token {
        TokenTree::Ident(ident) if is_keyword(&ident) => {
            TokenTree::Ident(Ident::new_raw(&ident.to_string(), ident.span()))
        }
        other => other,
    };
    tokens.into_iter().map(raw).collect()
}

/// Whether it is a keyword that can be written raw.
fn is_keyword(ident: &Ident) -> bool {
    let is_part_of_a_path = ["self", "Self", "super", "crate"].iter().any(|part| ident == part);
    !is_part_of_a_path && syn::parse2::<Ident>(ident.to_token_stream()).is_err()
}

fn is_simple(expr: &Expr) -> bool {
    match expr {
        Expr::Path(path) => path.qself.is_none() && path.path.get_ident().is_some(),
        Expr::Field(field) => {
            is_simple(&field.base) && matches!(field.member, Member::Named(_) | Member::Unnamed(_))
        }
        Expr::MethodCall(call) => {
            call.args.is_empty() && call.turbofish.is_none() && is_simple(&call.receiver)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(template: &str) -> Result<String, String> {
        let pieces = parse(&LitStr::new(template, Span::call_site())).map_err(|error| error.to_string())?;
        let shown = pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Value(expr) => format!("<{}>", expr.to_token_stream()),
        });
        Ok(shown.collect())
    }

    #[test]
    fn placeholders_become_values() {
        assert_eq!(shown("user:{id}").unwrap(), "user:<id>");
        assert_eq!(shown("{a}{b.c}").unwrap(), "<a><b . c>");
        assert_eq!(shown("{pair.0}:{name.len()}").unwrap(), "<pair . 0>:<name . len ()>");
        assert_eq!(shown("ключ:{id}:конец").unwrap(), "ключ:<id>:конец");
        assert_eq!(shown("{type}:{match.len()}").unwrap(), "<r#type>:<r#match . len ()>");
        assert_eq!(shown("").unwrap(), "");
    }

    #[test]
    fn doubled_braces_stand_for_themselves() {
        assert_eq!(shown("{{id}}:{id}").unwrap(), "{id}:<id>");
    }

    #[test]
    fn what_is_no_placeholder_is_refused() {
        for wrong in ["{", "a}", "{}", "{ }", "{1 + 1}", "{f(x)}", "{a.b(c)}", "{id:?}", "{a::b}", "{\"x\"}"]
        {
            assert!(shown(wrong).is_err(), "`{wrong}` was accepted");
        }
    }
}
