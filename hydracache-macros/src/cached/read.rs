//! The values of the keys, one by one: what each takes, and what is said where it is something else.

use std::time::Duration;

use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{
    Expr, ExprArray, ExprClosure, ExprLit, ExprTuple, Ident, Lit, LitBool, LitInt, LitStr, Path, Token,
    parenthesized,
};

use super::args::{Absent, Args, Cache, Handle, Receiver, Returns, Tags, Ttl};
use super::refresh::{Ahead, Length, percent};
use crate::duration;
use crate::write::target::Target;

impl Args {
    pub(super) fn read_skip(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        if !input.peek(syn::token::Paren) {
            let message = "`skip` lists arguments in parentheses: `skip(db, trace)`";
            return Err(syn::Error::new(key.span(), message));
        }
        let content;
        parenthesized!(content in input);
        let read = Punctuated::<Ident, Token![,]>::parse_terminated_with(&content, Ident::parse_any);
        let names = read.map_err(|error| {
            // What is left in the parentheses would be a second error.
            let _ = content.parse::<proc_macro2::TokenStream>();
            syn::Error::new(error.span(), "`skip` lists names of arguments: `skip(db, trace)`")
        })?;
        if names.is_empty() {
            return Err(syn::Error::new(key.span(), "`skip` names no argument; leave it out"));
        }
        self.skip = names.into_iter().collect();
        Ok(())
    }

    pub(super) fn read_flag(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        if input.peek(Token![=]) || input.peek(syn::token::Paren) {
            return Err(syn::Error::new(input.span(), format!("`{key}` is a flag: write it alone")));
        }
        *if key == "loader" { &mut self.loader } else { &mut self.memory_only } = true;
        Ok(())
    }

    pub(super) fn read_value(&mut self, key: &str, example: &str, input: ParseStream<'_>) -> syn::Result<()> {
        let takes = |what: &str| format!("`{key}` takes {what}: `{example}`");
        match key {
            "name" => self.name = Some(named(input, &takes("a text"))?),
            "key" => self.key = Some(read_key(input, &takes("a template, an expression or a tuple"))?),
            "receiver" => {
                self.receiver = Some(read_receiver(input, &takes("`skip` or an expression on `self`"))?);
            }
            "tags" => self.tags = Some(read_tags(input, &takes("a list or a closure of the value"))?),
            "ttl" => {
                self.ttl = Some(read_ttl(input, example)?);
            }
            "idle" => self.idle = Some(span_of_time(input, &takes("a duration"))?.length),
            "jitter" => {
                let text: LitStr = literal(input, &takes("a percentage"))?;
                self.jitter = Some(percent(&text, 1, 50)?);
            }
            "when" => self.when = Some(condition(input, &takes("a condition of the arguments"))?),
            "enabled" => self.enabled = Some(condition(input, &takes("a condition"))?),
            "unless" => {
                self.unless = Some(match expression(input, &takes("a closure of the value"))? {
                    Expr::Closure(closure) => of_value(closure, example)?,
                    other => return Err(syn::Error::new_spanned(other, takes("a closure of the value"))),
                });
            }
            "none" => {
                let takes = takes("`\"cache\"`, `\"skip\"` or a duration");
                self.none = Some(match word_or_duration(input, &takes)? {
                    WordOrDuration::Word(word) if word.value() == "cache" => Absent::Cached,
                    WordOrDuration::Word(word) if word.value() == "skip" => Absent::Skipped,
                    WordOrDuration::Word(word) => return Err(syn::Error::new(word.span(), takes)),
                    WordOrDuration::Duration(length) => Absent::CachedFor(length),
                });
            }
            "errors" => {
                let takes = takes("`\"skip\"` or a duration");
                self.errors = match word_or_duration(input, &takes)? {
                    WordOrDuration::Word(word) if word.value() == "skip" => None,
                    WordOrDuration::Word(word) => return Err(syn::Error::new(word.span(), takes)),
                    WordOrDuration::Duration(length) => Some(length),
                };
            }
            "adopt" => self.adopt = Some(truth(input, &takes("`true` or `false`"))?),
            "share_error" => {
                let takes = takes("the path of a function that copies the error");
                let at = input.span();
                let path = Path::parse_mod_style(input);
                self.share_error = Some(path.map_err(|_| syn::Error::new(at, takes))?);
            }
            "weight" => {
                self.weight = Some(match expression(input, &takes("a closure of the value"))? {
                    Expr::Closure(closure) => of_value(closure, example)?,
                    other => return Err(syn::Error::new_spanned(other, takes("a closure of the value"))),
                });
            }
            "cache" => self.cache = Some(read_cache(input, example)?),
            "version" => {
                let number: LitInt = literal(input, &takes("a whole number"))?;
                let message = format!("`version` is a whole number from 0 to {}", u32::MAX);
                self.version = number.base10_parse().map_err(|_| syn::Error::new(number.span(), message))?;
            }
            "returns" => self.returns = Some(read_returns(input, example)?),
            "handle" => {
                let message = "`handle` takes a name or `none`: `handle = get_user_cache`";
                let handle: Ident = parsed(input, message)?;
                self.handle = Some(if handle == "none" { Handle::None } else { Handle::Named(handle) });
            }
            "bulk" => {
                let takes = takes("the name of the argument that holds the keys");
                self.bulk = Some(parsed(input, &takes)?);
            }
            "by" => {
                self.by = Some(match expression(input, &takes("a closure of the value"))? {
                    Expr::Closure(closure) => of_value(closure, example)?,
                    other => return Err(syn::Error::new_spanned(other, takes("a closure of the value"))),
                });
            }
            "entries" => {
                let target = expression(input, &takes("a call of the function of one key"))?;
                self.entries = Some(Target::read(target, "as in `entries = get_user(*ids)`")?);
            }
            "crate" => self.facade = Some(read_facade(input, example)?),
            _ => self.read_refresh(key, &takes, input)?,
        }
        Ok(())
    }

    fn read_refresh(
        &mut self,
        key: &str,
        takes: &dyn Fn(&str) -> String,
        input: ParseStream<'_>,
    ) -> syn::Result<()> {
        let refresh = &mut self.refresh;
        if key == "single_flight" {
            refresh.single_flight = Some(truth(input, &takes("`true` or `false`"))?);
            return Ok(());
        }
        if key == "refresh_ahead" {
            let takes = takes("a duration or a percentage of the time to live");
            refresh.ahead = Some(Ahead::read(literal(input, &takes)?)?);
            return Ok(());
        }
        let place = match key {
            "stale_while_revalidate" => &mut refresh.while_revalidate,
            "stale_on_error" => &mut refresh.on_error,
            "retry_after" => &mut refresh.retry_after,
            "soft_timeout" => &mut refresh.soft_timeout,
            "load_timeout" => &mut refresh.load_timeout,
            "wait_timeout" => &mut refresh.wait_timeout,
            _ => unreachable!("every key of the list has a branch"),
        };
        *place = Some(span_of_time(input, &takes("a duration"))?);
        Ok(())
    }
}

fn span_of_time(input: ParseStream<'_>, takes: &str) -> syn::Result<Length> {
    Length::read(literal(input, takes)?)
}

fn truth(input: ParseStream<'_>, takes: &str) -> syn::Result<bool> {
    literal::<LitBool>(input, takes).map(|truth| truth.value)
}

/// A condition; a closure would never be called.
fn condition(input: ParseStream<'_>, takes: &str) -> syn::Result<Expr> {
    match expression(input, takes)? {
        Expr::Closure(closure) => Err(syn::Error::new_spanned(
            closure,
            format!("{takes}; it names the arguments without a closure"),
        )),
        expr => Ok(expr),
    }
}

/// A text that is a word, or begins like a duration and is one.
enum WordOrDuration {
    Word(LitStr),
    Duration(Duration),
}

fn word_or_duration(input: ParseStream<'_>, takes: &str) -> syn::Result<WordOrDuration> {
    let text: LitStr = literal(input, takes)?;
    if text.value().starts_with(|first: char| first.is_ascii_digit()) {
        return Ok(WordOrDuration::Duration(duration::read(&Lit::Str(text))?));
    }
    Ok(WordOrDuration::Word(text))
}

fn read_key(input: ParseStream<'_>, takes: &str) -> syn::Result<Expr> {
    let key = expression(input, takes)?;
    let is_empty = match &key {
        Expr::Lit(ExprLit { lit: Lit::Str(template), .. }) => template.value().is_empty(),
        Expr::Tuple(ExprTuple { elems, .. }) => elems.is_empty(),
        Expr::Lit(_) => return Err(syn::Error::new_spanned(key, takes)),
        Expr::Closure(_) => {
            let message = format!("{takes}; it names the arguments without a closure around it");
            return Err(syn::Error::new_spanned(key, message));
        }
        _ => false,
    };
    if is_empty {
        let message = "an empty key tells no calls apart: name the arguments that do, or leave `key` out to take all; \
                       where all calls are to share one entry, say so with a word, as in `key = \"all\"`";
        return Err(syn::Error::new_spanned(key, message));
    }
    Ok(key)
}

fn read_receiver(input: ParseStream<'_>, takes: &str) -> syn::Result<Receiver> {
    match expression(input, takes)? {
        Expr::Path(path) if path.path.is_ident("skip") => Ok(Receiver::Skip),
        expr if mentions(&quote!(#expr), "self") => Ok(Receiver::Expr(expr)),
        other => Err(syn::Error::new_spanned(other, takes)),
    }
}

/// Whether a word stands anywhere in some tokens.
pub(crate) fn mentions(tokens: &proc_macro2::TokenStream, word: &str) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        proc_macro2::TokenTree::Group(group) => mentions(&group.stream(), word),
        proc_macro2::TokenTree::Ident(ident) => ident == word,
        _ => false,
    })
}

fn read_tags(input: ParseStream<'_>, takes: &str) -> syn::Result<Tags> {
    match expression(input, takes)? {
        Expr::Array(ExprArray { elems, .. }) if !elems.is_empty() => {
            Ok(Tags::List(elems.into_iter().collect()))
        }
        Expr::Array(list) => {
            Err(syn::Error::new_spanned(list, "`tags` names no tag; leave it out, or name some"))
        }
        Expr::Closure(closure) => {
            Ok(Tags::OfValue(of_value(closure, "tags = |value| [format!(\"team:{}\", value.team)]")?))
        }
        other => Err(syn::Error::new_spanned(other, takes)),
    }
}

pub(crate) fn read_ttl(input: ParseStream<'_>, example: &str) -> syn::Result<Ttl> {
    Ok(match expression(input, &format!("`ttl` takes a duration: `{example}`"))? {
        Expr::Lit(ExprLit { lit, .. }) => Ttl::Literal(text(&lit), duration::read(&lit)?),
        Expr::Closure(closure) => Ttl::OfValue(of_value(closure, "ttl = |value| value.expires_in")?),
        expr => Ttl::Expr(expr),
    })
}

pub(crate) fn read_cache(input: ParseStream<'_>, example: &str) -> syn::Result<Cache> {
    let takes = format!("`cache` takes the name of a cache or an expression: `{example}`");
    Ok(if input.peek(Lit) {
        Cache::Named(named(input, &takes)?)
    } else {
        Cache::Expr(expression(input, &takes)?)
    })
}

pub(crate) fn read_returns(input: ParseStream<'_>, example: &str) -> syn::Result<Returns> {
    let takes = format!("`returns` takes `\"result\"`, `\"option\"` or `\"plain\"`: `{example}`");
    let shape: LitStr = literal(input, &takes)?;
    match shape.value().as_str() {
        "result" => Ok(Returns::Result),
        // An `Option` is cached as a whole, `None` included.
        "option" | "plain" => Ok(Returns::Plain),
        _ => Err(syn::Error::new(shape.span(), takes)),
    }
}

pub(crate) fn read_facade(input: ParseStream<'_>, example: &str) -> syn::Result<Path> {
    let at = input.span();
    let takes = format!("`crate` takes the path of the framework: `{example}`");
    Path::parse_mod_style(input).map_err(|_| syn::Error::new(at, takes))
}

/// The `=` after a key, and that something follows it.
pub(crate) fn read_equals(key: &Ident, example: &str, input: ParseStream<'_>) -> syn::Result<()> {
    let is_there = input.peek(Token![=]) && input.parse::<Token![=]>().is_ok();
    if is_there && !input.is_empty() && !input.peek(Token![,]) {
        return Ok(());
    }
    Err(syn::Error::new(key.span(), format!("`{key}` needs a value: `{example}`")))
}

pub(crate) fn expression(input: ParseStream<'_>, takes: &str) -> syn::Result<Expr> {
    parsed(input, takes)
}

/// A name in quotes.
pub(crate) fn named(input: ParseStream<'_>, takes: &str) -> syn::Result<LitStr> {
    let name: LitStr = literal(input, takes)?;
    if name.value().trim().is_empty() {
        return Err(syn::Error::new(name.span(), format!("a name must not be empty; {takes}")));
    }
    Ok(name)
}

/// A literal of one kind; another literal is underlined with its sign.
pub(crate) fn literal<T: Parse>(input: ParseStream<'_>, takes: &str) -> syn::Result<T> {
    let found = input.fork().parse::<Lit>().map_or_else(|_| input.span(), |literal| literal.span());
    input.parse().map_err(|_| syn::Error::new(found, takes))
}

fn parsed<T: Parse>(input: ParseStream<'_>, takes: &str) -> syn::Result<T> {
    let at = input.span();
    input.parse().map_err(|_| syn::Error::new(at, takes))
}

fn text(literal: &Lit) -> String {
    match literal {
        Lit::Str(text) => text.value(),
        other => quote!(#other).to_string(),
    }
}

/// A closure that is called with the value alone, at once.
pub(crate) fn of_value(closure: ExprClosure, example: &str) -> syn::Result<ExprClosure> {
    let ExprClosure { asyncness, inputs_begin, inputs, inputs_end, .. } = &closure;
    if inputs.len() != 1 {
        let message = format!("this closure is called with the value alone: `{example}`");
        return Err(syn::Error::new_spanned(quote!(#inputs_begin #inputs #inputs_end), message));
    }
    if let Some(asyncness) = asyncness {
        let message =
            format!("this closure is called while the value is stored: it cannot be `async`: `{example}`");
        return Err(syn::Error::new_spanned(asyncness, message));
    }
    Ok(closure)
}
