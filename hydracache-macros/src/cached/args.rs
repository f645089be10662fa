//! The keys of `#[cached]`: from tokens to typed values with their places.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, ExprArray, ExprClosure, Ident, Lit, LitInt, LitStr, Path, Token, parenthesized};

use crate::diagnostics::{Errors, did_you_mean, listed};

/// Every key there is, in the order in which the documentation explains them.
const KEYS: [&str; 13] = [
    "name",
    "key",
    "skip",
    "receiver",
    "tags",
    "ttl",
    "weight",
    "cache",
    "memory_only",
    "version",
    "returns",
    "handle",
    "crate",
];

/// What was said in the attribute.
#[derive(Debug, Default)]
pub(crate) struct Args {
    pub(crate) name: Option<LitStr>,
    pub(crate) key: Option<Expr>,
    pub(crate) skip: Vec<Ident>,
    pub(crate) skip_span: Option<Span>,
    pub(crate) receiver: Option<Receiver>,
    pub(crate) tags: Option<Tags>,
    pub(crate) ttl: Option<Expr>,
    pub(crate) weight: Option<ExprClosure>,
    pub(crate) cache: Option<Expr>,
    pub(crate) memory_only: Option<Span>,
    pub(crate) version: u32,
    pub(crate) returns: Option<Returns>,
    pub(crate) handle: Option<Handle>,
    pub(crate) facade: Option<Path>,
}

/// What a method's receiver has to do with its key.
#[derive(Debug)]
pub(crate) enum Receiver {
    /// Nothing: all instances share their entries.
    Skip,
    /// This expression on `self` tells instances apart.
    Expr(Expr),
}

/// Where tags come from.
#[derive(Debug)]
pub(crate) enum Tags {
    /// A list of templates and expressions of the arguments.
    List(Vec<Expr>),
    /// A closure of the value.
    OfValue(ExprClosure),
}

/// What was said about the return type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Returns {
    Result,
    Plain,
}

/// What was said about the handle.
#[derive(Debug)]
pub(crate) enum Handle {
    Named(Ident),
    None,
}

impl Args {
    /// Reads all keys; what cannot be read is noted and left out.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        let mut seen: Vec<String> = Vec::new();
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                if let Err(error) = args.parse_one(input, &mut seen, errors) {
                    errors.push(error);
                    skip_to_comma(input);
                }
                if !input.is_empty() && !input.peek(Token![,]) {
                    errors.at(input.span(), "expected `,` before the next key");
                    skip_to_comma(input);
                }
                let _ = input.parse::<Option<Token![,]>>();
            }
            Ok(())
        };
        if let Err(error) = parser.parse2(tokens) {
            errors.push(error);
        }
        args
    }

    fn parse_one(
        &mut self,
        input: ParseStream<'_>,
        seen: &mut Vec<String>,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        let key = Ident::parse_any(input).map_err(|error| {
            syn::Error::new(error.span(), format!("expected a key; the keys are {}", listed(KEYS)))
        })?;
        let name = key.to_string();
        if !KEYS.contains(&name.as_str()) {
            let meant = did_you_mean(&name, KEYS);
            let message =
                format!("`{name}` is not a key of `#[cached]`{meant}\nthe keys are {}", listed(KEYS));
            return Err(syn::Error::new(key.span(), message));
        }
        if seen.contains(&name) {
            errors.at(key.span(), format!("`{name}` is given twice; keep one of them"));
        }
        seen.push(name.clone());
        match name.as_str() {
            "skip" => self.parse_skip(&key, input),
            "memory_only" => {
                if input.peek(Token![=]) {
                    return Err(syn::Error::new(input.span(), "`memory_only` is a flag: write it alone"));
                }
                self.memory_only = Some(key.span());
                Ok(())
            }
            _ => {
                if !input.peek(Token![=]) {
                    let message = format!("`{name}` needs a value: `{}`", example(&name));
                    return Err(syn::Error::new(key.span(), message));
                }
                input.parse::<Token![=]>()?;
                self.parse_value(&name, input)
            }
        }
    }

    fn parse_skip(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        if !input.peek(syn::token::Paren) {
            return Err(syn::Error::new(
                key.span(),
                "`skip` lists arguments in parentheses: `skip(db, trace)`",
            ));
        }
        let content;
        parenthesized!(content in input);
        self.skip_span = Some(key.span());
        self.skip = Punctuated::<Ident, Token![,]>::parse_terminated_with(&content, Ident::parse_any)
            .map_err(|error| {
                syn::Error::new(error.span(), "`skip` lists names of arguments: `skip(db, trace)`")
            })?
            .into_iter()
            .collect();
        if self.skip.is_empty() {
            return Err(syn::Error::new(key.span(), "`skip` names no argument; leave it out"));
        }
        Ok(())
    }

    fn parse_value(&mut self, name: &str, input: ParseStream<'_>) -> syn::Result<()> {
        let value = |what: &str| {
            let at = input.span();
            let read = input.parse::<Expr>();
            read.map_err(|_| syn::Error::new(at, format!("`{name}` takes {what}: `{}`", example(name))))
        };
        match name {
            "name" => {
                let text: LitStr = literal(input, name, "a text")?;
                if text.value().trim().is_empty() {
                    return Err(syn::Error::new(text.span(), "a name must not be empty"));
                }
                self.name = Some(text);
            }
            "key" => self.key = Some(value("a template, an expression or a tuple")?),
            "receiver" => {
                let expr = value("`skip` or an expression on `self`")?;
                self.receiver = Some(match &expr {
                    Expr::Path(path) if path.path.is_ident("skip") => Receiver::Skip,
                    _ => Receiver::Expr(expr),
                });
            }
            "tags" => {
                self.tags = Some(match value("a list or a closure of the value")? {
                    Expr::Array(ExprArray { elems, .. }) => Tags::List(elems.into_iter().collect()),
                    Expr::Closure(closure) => Tags::OfValue(of_value(closure, name)?),
                    other => {
                        let message =
                            format!("`tags` takes a list or a closure of the value: `{}`", example(name));
                        return Err(syn::Error::new(other.span(), message));
                    }
                });
            }
            "ttl" => self.ttl = Some(value("a duration, an expression or a closure of the value")?),
            "weight" => {
                self.weight = Some(match value("a closure of the value")? {
                    Expr::Closure(closure) => of_value(closure, name)?,
                    other => {
                        let message = format!("`weight` takes a closure of the value: `{}`", example(name));
                        return Err(syn::Error::new(other.span(), message));
                    }
                });
            }
            "cache" => self.cache = Some(value("the name of a cache or an expression")?),
            "version" => {
                let number: LitInt = literal(input, name, "a whole number")?;
                self.version = number.base10_parse().map_err(|_| {
                    syn::Error::new(number.span(), format!("`version` is a whole number up to {}", u32::MAX))
                })?;
            }
            "returns" => {
                let text: LitStr = literal(input, name, "`\"result\"`, `\"option\"` or `\"plain\"`")?;
                self.returns = Some(match text.value().as_str() {
                    "result" => Returns::Result,
                    // An `Option` is cached as a whole, `None` included.
                    "option" | "plain" => Returns::Plain,
                    _ => {
                        let message = "`returns` is `\"result\"`, `\"option\"` or `\"plain\"`";
                        return Err(syn::Error::new(text.span(), message));
                    }
                });
            }
            "handle" => {
                let at = input.span();
                let handle = Ident::parse_any(input).map_err(|_| {
                    syn::Error::new(at, "`handle` takes a name or `none`: `handle = get_user_cache`")
                })?;
                self.handle = Some(if handle == "none" { Handle::None } else { Handle::Named(handle) });
            }
            "crate" => {
                let at = input.span();
                self.facade = Some(Path::parse_mod_style(input).map_err(|_| {
                    syn::Error::new(
                        at,
                        format!("`crate` takes the path of the framework: `{}`", example(name)),
                    )
                })?);
            }
            _ => unreachable!("every key of the list has a branch"),
        }
        Ok(())
    }
}

fn literal<T: Parse>(input: ParseStream<'_>, name: &str, what: &str) -> syn::Result<T> {
    let at = input.span();
    let found = input.fork().parse::<Lit>().map(|lit| lit.span()).unwrap_or(at);
    input.parse().map_err(|_| syn::Error::new(found, format!("`{name}` takes {what}: `{}`", example(name))))
}

/// A closure that is called with the value alone.
fn of_value(closure: ExprClosure, name: &str) -> syn::Result<ExprClosure> {
    if closure.inputs.len() == 1 {
        return Ok(closure);
    }
    let message = format!("the closure of `{name}` is called with the value alone: `{}`", example(name));
    Err(syn::Error::new(closure.inputs_begin.span(), message))
}

/// How a key is written.
fn example(name: &str) -> &'static str {
    match name {
        "name" => "name = \"users.get\"",
        "key" => "key = \"user:{id}\"",
        "receiver" => "receiver = skip",
        "tags" => "tags = [\"users\", \"user:{id}\"]",
        "ttl" => "ttl = \"5m\"",
        "weight" => "weight = |value| value.len() as u32",
        "cache" => "cache = \"sessions\"",
        "version" => "version = 2",
        "returns" => "returns = \"result\"",
        "handle" => "handle = none",
        "crate" => "crate = my_crate::hydracache",
        _ => "",
    }
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        let _ = input.parse::<proc_macro2::TokenTree>();
    }
}
