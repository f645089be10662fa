//! The keys of `#[cached]`: from tokens to typed values with their places.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, ExprClosure, Ident, LitStr, Path, Token};

use super::read::read_equals;
use super::refresh::Refresh;
use crate::diagnostics::{Errors, did_you_mean, listed};
use crate::parts::skip_to_comma;
use crate::write::target::Target;

/// Every key there is and how it is written, in the order in which the documentation explains them.
const KEYS: [(&str, &str); 34] = [
    ("name", "name = \"users.get\""),
    ("key", "key = \"user:{id}\""),
    ("skip", "skip(db, trace)"),
    ("receiver", "receiver = skip"),
    ("tags", "tags = [\"users\", \"user:{id}\"]"),
    ("ttl", "ttl = \"5m\""),
    ("idle", "idle = \"10m\""),
    ("jitter", "jitter = \"10%\""),
    ("refresh_ahead", "refresh_ahead = \"1m\""),
    ("stale_while_revalidate", "stale_while_revalidate = \"5m\""),
    ("stale_on_error", "stale_on_error = \"1h\""),
    ("retry_after", "retry_after = \"1s\""),
    ("soft_timeout", "soft_timeout = \"100ms\""),
    ("load_timeout", "load_timeout = \"5s\""),
    ("wait_timeout", "wait_timeout = \"10s\""),
    ("single_flight", "single_flight = false"),
    ("when", "when = id > 0"),
    ("unless", "unless = |value| value.is_draft"),
    ("none", "none = \"skip\""),
    ("errors", "errors = \"5s\""),
    ("enabled", "enabled = config.caching"),
    ("adopt", "adopt = false"),
    ("share_error", "share_error = copy_error"),
    ("weight", "weight = |value| value.len() as u32"),
    ("cache", "cache = \"sessions\""),
    ("memory_only", "memory_only"),
    ("loader", "loader"),
    ("bulk", "bulk = ids"),
    ("by", "by = |user| user.id"),
    ("entries", "entries = get_user(*ids)"),
    ("version", "version = 2"),
    ("returns", "returns = \"result\""),
    ("handle", "handle = none"),
    ("crate", "crate = my_crate::hydracache"),
];

/// What was said in the attribute.
#[derive(Debug, Default)]
pub(crate) struct Args {
    pub(crate) name: Option<LitStr>,
    pub(crate) key: Option<Expr>,
    pub(crate) skip: Vec<Ident>,
    pub(crate) receiver: Option<Receiver>,
    pub(crate) tags: Option<Tags>,
    pub(crate) ttl: Option<Ttl>,
    pub(crate) idle: Option<Duration>,
    pub(crate) jitter: Option<u8>,
    pub(crate) refresh: Refresh,
    pub(crate) when: Option<Expr>,
    pub(crate) unless: Option<ExprClosure>,
    pub(crate) none: Option<Absent>,
    pub(crate) errors: Option<Duration>,
    pub(crate) enabled: Option<Expr>,
    pub(crate) adopt: Option<bool>,
    pub(crate) share_error: Option<Path>,
    pub(crate) weight: Option<ExprClosure>,
    pub(crate) cache: Option<Cache>,
    pub(crate) memory_only: bool,
    pub(crate) loader: bool,
    pub(crate) bulk: Option<Ident>,
    pub(crate) by: Option<ExprClosure>,
    pub(crate) entries: Option<Target>,
    pub(crate) version: u32,
    pub(crate) returns: Option<Returns>,
    pub(crate) handle: Option<Handle>,
    pub(crate) facade: Option<Path>,
    /// Keys as they are written, for the registry.
    pub(crate) shown: Vec<(String, String)>,
    /// The keys that are there, also those whose values could not be read.
    said: Vec<Ident>,
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

/// Where the time to live comes from.
#[derive(Debug, Clone)]
pub(crate) enum Ttl {
    /// A duration, as it is written and as what it stands for.
    Literal(String, Duration),
    /// An expression of the arguments.
    Expr(Expr),
    /// A closure of the value.
    OfValue(ExprClosure),
}

/// What becomes of a `None`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Absent {
    Cached,
    Skipped,
    CachedFor(Duration),
}

/// Which cache is used.
#[derive(Debug, Clone)]
pub(crate) enum Cache {
    Named(LitStr),
    Expr(Expr),
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
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                if let Err(error) = args.parse_one(input, errors) {
                    errors.push(error);
                    skip_to_comma(input);
                }
                if !input.is_empty() && !input.peek(Token![,]) {
                    if begins_with_key(input) {
                        errors.at(input.span(), "a `,` is missing before this");
                    } else {
                        errors.at(input.span(), "this belongs to no key: remove it, or put a `,` before it");
                        skip_to_comma(input);
                    }
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

    /// The place of a key, if it is there. What is said wrongly is not forgotten as well.
    pub(crate) fn said(&self, key: &str) -> Option<Span> {
        self.said.iter().find(|said| *said == key).map(Ident::span)
    }

    /// Notes that a key is there, by whatever way.
    pub(crate) fn say(&mut self, key: Ident) {
        self.said.push(key);
    }

    fn parse_one(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let key = Ident::parse_any(input).map_err(|error| {
            let message = format!("a key is missing, such as `{}`\n{}", KEYS[1].1, known());
            syn::Error::new(error.span(), message)
        })?;
        let name = key.to_string();
        let Some(&(_, example)) = KEYS.iter().find(|(known, _)| *known == name) else {
            let meant = did_you_mean(&name, KEYS.map(|(known, _)| known));
            let message = format!("`{name}` is not a key of `#[cached]`{meant}\n{}", known());
            return Err(syn::Error::new(key.span(), message));
        };
        if self.said(&name).is_some() {
            errors.at(key.span(), format!("`{name}` is given twice; keep one of them"));
        }
        self.said.push(key.clone());
        match name.as_str() {
            "skip" => self.read_skip(&key, input),
            "memory_only" | "loader" => self.read_flag(&key, input),
            _ => {
                read_equals(&key, example, input)?;
                let before = input.fork();
                self.read_value(&name, example, input)?;
                if SHOWN.contains(&name.as_str()) {
                    self.shown.push((name, written(&before, input)));
                }
                Ok(())
            }
        }
    }
}

/// Keys that the registry shows as they are written. The others it knows in a form of their own.
const SHOWN: [&str; 20] = [
    "idle",
    "jitter",
    "refresh_ahead",
    "stale_while_revalidate",
    "stale_on_error",
    "retry_after",
    "soft_timeout",
    "load_timeout",
    "wait_timeout",
    "single_flight",
    "when",
    "unless",
    "none",
    "errors",
    "enabled",
    "adopt",
    "share_error",
    "bulk",
    "by",
    "entries",
];

/// The tokens between two places of one stream, as text; a text without its quotes.
fn written(from: ParseStream<'_>, to: ParseStream<'_>) -> String {
    let mut tokens = Vec::new();
    let end = to.cursor();
    let mut at = from.cursor();
    while at < end {
        let Some((token, next)) = at.token_tree() else { break };
        tokens.push(token);
        at = next;
    }
    if let [proc_macro2::TokenTree::Literal(literal)] = tokens.as_slice()
        && let Ok(text) = syn::parse_str::<LitStr>(&literal.to_string())
    {
        return text.value();
    }
    tokens.into_iter().collect::<TokenStream>().to_string()
}

fn known() -> String {
    format!("the keys are {}", listed(KEYS.map(|(key, _)| key)))
}

fn begins_with_key(input: ParseStream<'_>) -> bool {
    Ident::parse_any(&input.fork()).is_ok_and(|ident| KEYS.iter().any(|(key, _)| ident == key))
}
