//! The parts of `#[invalidates]` and `#[cache_put]`: from tokens to typed values with their places.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, ExprArray, ExprAssign, ExprClosure, ExprLit, Ident, Lit, Path, Token, parenthesized};

use super::moment;
use super::target::{Target, mentions_result};
use crate::cached::args::{Cache, Returns};
use crate::cached::key;
use crate::cached::read::{expression, of_value, read_cache, read_facade, read_returns};
use crate::cached::signature::{Argument, Signature};
use crate::diagnostics::Errors;
use crate::parts::{Said, each_part};

/// What is invalidated, when, and on which conditions.
#[derive(Debug, Default)]
pub(crate) struct Invalidates {
    pub(crate) targets: Vec<Target>,
    pub(crate) all: Vec<Path>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) when: Option<ExprClosure>,
    pub(crate) at: At,
    /// The transaction at whose commit it is invalidated.
    pub(crate) transaction: Option<Expr>,
    at_said: Option<Span>,
    pub(crate) cache: Option<Cache>,
    pub(crate) returns: Option<Returns>,
    pub(crate) facade: Option<Path>,
    said: Said,
}

/// One tag: statements that write it, or an expression.
#[derive(Debug)]
pub(crate) enum Tag {
    Template { written: String, statements: TokenStream, needs_result: bool },
    Expr(Expr),
}

impl Tag {
    /// How the registry shows it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Template { written, .. } => written.clone(),
            Self::Expr(expr) => format!("{{{}}}", quote!(#expr)),
        }
    }

    pub(crate) fn needs_result(&self) -> bool {
        match self {
            Self::Template { needs_result, .. } => *needs_result,
            Self::Expr(expr) => mentions_result(expr),
        }
    }
}

/// When it is invalidated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum At {
    #[default]
    AfterOk,
    Always,
    Before,
    Commit,
}

const KEYS: [(&str, &str); 6] = [
    ("tags", "tags = [\"users\", \"user:{user.id}\"]"),
    ("when", "when = |result| result.changed"),
    ("at", "at = \"after_ok\""),
    ("cache", "cache = \"sessions\""),
    ("returns", "returns = \"result\""),
    ("crate", "crate = my_crate::hydracache"),
];

impl At {
    /// As it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AfterOk => "after_ok",
            Self::Always => "always",
            Self::Before => "before",
            Self::Commit => "commit",
        }
    }
}

impl Invalidates {
    pub(crate) fn parse(tokens: TokenStream, signature: &Signature, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        each_part(tokens, errors, |input, errors| args.parse_one(input, signature, errors));
        args
    }

    fn parse_one(
        &mut self,
        input: ParseStream<'_>,
        signature: &Signature,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        if begins_with_key(input, &KEYS) {
            return self.read_value(input, signature, errors);
        }
        if input.peek(syn::Ident) && input.peek2(syn::token::Paren) && input.fork().parse::<Ident>()? == "all"
        {
            input.parse::<Ident>()?;
            let content;
            parenthesized!(content in input);
            let path = content.call(Path::parse_mod_style);
            let path = path.map_err(|error| {
                // What is left in the parentheses would be a second error.
                let _ = content.parse::<TokenStream>();
                syn::Error::new(error.span(), "`all` takes the name of a cached function: `all(list_users)`")
            })?;
            if !content.is_empty() {
                let _ = content.parse::<TokenStream>();
                return Err(syn::Error::new_spanned(
                    path,
                    "`all` takes the name alone: every entry goes, whatever its arguments: `all(list_users)`",
                ));
            }
            self.all.push(path);
            return Ok(());
        }
        let at = input.span();
        let expr: Expr = input.parse().map_err(|_| {
            syn::Error::new(
                at,
                "this is neither a call of a cached function, such as `get_user(user.id)`, nor a key",
            )
        })?;
        if let Expr::Assign(ExprAssign { eq_token, .. }) = expr {
            let message = "`#[invalidates]` stores nothing: end this before the `=`, or use `#[cache_put]`";
            return Err(syn::Error::new(eq_token.span, message));
        }
        let instead = "as in `get_user(user.id)`, or `all(get_user)` for all of its entries";
        self.targets.push(Target::read(expr, instead)?);
        Ok(())
    }

    fn read_value(
        &mut self,
        input: ParseStream<'_>,
        signature: &Signature,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        let key = self.said.read("#[invalidates]", &KEYS, input, errors)?;
        key.equals(input)?;
        let (name, example) = (key.name, key.example);
        let takes = |what: &str| format!("`{name}` takes {what}: `{example}`");
        match name {
            "tags" => match expression(input, &takes("a list"))? {
                Expr::Array(ExprArray { elems, .. }) if !elems.is_empty() => {
                    for tag in elems {
                        self.tags.push(read_tag(tag, signature, errors));
                    }
                }
                Expr::Array(list) => {
                    return Err(syn::Error::new_spanned(
                        list,
                        "`tags` names no tag; leave it out, or name some",
                    ));
                }
                other => return Err(syn::Error::new_spanned(other, takes("a list of tags"))),
            },
            "when" => match expression(input, &takes("a closure of the outcome"))? {
                Expr::Closure(closure) => self.when = Some(of_value(closure, example)?),
                other => return Err(syn::Error::new_spanned(other, takes("a closure of the outcome"))),
            },
            "at" => {
                self.at_said = Some(input.span());
                (self.at, self.transaction) = moment::read(input, &takes)?;
            }
            "cache" => self.cache = Some(read_cache(input, example)?),
            "returns" => self.returns = Some(read_returns(input, example)?),
            _ => self.facade = Some(read_facade(input, example)?),
        }
        Ok(())
    }

    /// What does not go together.
    pub(crate) fn check(&self, signature: &Signature, errors: &mut Errors) {
        if self.targets.is_empty() && self.all.is_empty() && self.tags.is_empty() && errors.is_empty() {
            errors.at(
                signature.span(),
                "`#[invalidates]` names nothing: say what becomes wrong, as in `get_user(user.id)`, `all(list_users)` or \
                 `tags = [\"users\"]`",
            );
        }
        let before = self.at_said.filter(|_| self.at == At::Before);
        let late = self.targets.iter().any(Target::needs_result) || self.tags.iter().any(Tag::needs_result);
        if let (Some(at), true) = (before, late || self.when.is_some()) {
            errors.at(
                at,
                "before the body there is no outcome: remove `at = \"before\"`, or what asks for the outcome",
            );
        }
        if let (Some(cache), true) = (self.said.get("cache"), self.tags.is_empty()) {
            errors.on(cache, "`cache` says where tags are invalidated, and there are none: remove it; functions know their own");
        }
    }
}

fn read_tag(tag: Expr, signature: &Signature, errors: &mut Errors) -> Tag {
    match tag {
        Expr::Lit(ExprLit { lit: Lit::Str(literal), .. }) => {
            if literal.value().is_empty() {
                errors.at(literal.span(), "a tag must not be empty: remove it, or name what is tagged");
            }
            // The outcome can be named like an argument.
            let mut known = Signature::read(signature.item.clone());
            known.arguments.push(Argument {
                name: super::target::result_name(),
                ty: syn::parse_quote!(()),
                pattern: None,
            });
            let written = key::of_template(&literal, &known, errors);
            let needs_result = written.uses.arguments.last().copied().unwrap_or_default();
            Tag::Template { written: written.shown, statements: written.statements, needs_result }
        }
        expr => {
            match &expr {
                Expr::Lit(_) => errors.on(&expr, "a tag is a text: `tags = [\"users\", \"user:{id}\"]`"),
                Expr::Closure(_) => errors.on(
                    &expr,
                    "a tag is a text; what the function returned is `result` in it: `tags = [\"user:{result.id}\"]`",
                ),
                _ => {}
            }
            Tag::Expr(expr)
        }
    }
}

/// What is stored, and as the result of which call.
#[derive(Debug, Default)]
pub(crate) struct Put {
    pub(crate) target: Option<Target>,
    /// What is stored; what the function returns, if it is not said.
    pub(crate) value: Option<Expr>,
    pub(crate) returns: Option<Returns>,
    pub(crate) facade: Option<Path>,
    said: Said,
}

const PUT_KEYS: [(&str, &str); 2] =
    [("returns", "returns = \"result\""), ("crate", "crate = my_crate::hydracache")];

impl Put {
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        let whole = quote!(#tokens);
        each_part(tokens, errors, |input, errors| args.parse_one(input, errors));
        if args.target.is_none() && errors.is_empty() {
            let message = "`#[cache_put]` names no function: say which entry is written, as in `get_user(user.id) = user`";
            if whole.is_empty() {
                errors.at(Span::call_site(), message);
            } else {
                errors.on(whole, message);
            }
        }
        args
    }

    fn parse_one(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        if begins_with_key(input, &PUT_KEYS) {
            let key = self.said.read("#[cache_put]", &PUT_KEYS, input, errors)?;
            key.equals(input)?;
            let example = key.example;
            match key.name {
                "returns" => self.returns = Some(read_returns(input, example)?),
                _ => self.facade = Some(read_facade(input, example)?),
            }
            return Ok(());
        }
        let at = input.span();
        let expr: Expr = input.parse().map_err(|_| {
            syn::Error::new(at, "this is no call of a cached function, such as `get_user(user.id) = user`")
        })?;
        let (target, value) = match expr {
            Expr::Assign(assign) => (*assign.left, Some(*assign.right)),
            target => (target, None),
        };
        if self.target.is_some() {
            errors.on(&target, "one attribute writes one entry: give the function a second `#[cache_put]`");
        }
        let target = Target::read(target, "as in `get_user(user.id) = user`")?;
        if target.path.is_ident("all") {
            let message = "one attribute writes one entry: name it, as in `get_user(user.id) = user`";
            return Err(syn::Error::new_spanned(&target.path, message));
        }
        if let Some(late) = target.arguments.iter().find(mentions_result) {
            return Err(syn::Error::new_spanned(
                late,
                "which entry is written must be known before the body runs, and `result` is not: use `#[invalidates]` for it",
            ));
        }
        (self.target, self.value) = (Some(target), value);
        Ok(())
    }
}

/// Whether a key stands here: with its value, or a known one without.
fn begins_with_key(input: ParseStream<'_>, keys: &[(&str, &str)]) -> bool {
    let Ok(word) = Ident::parse_any(&input.fork()) else { return false };
    let has_value = input.peek2(Token![=]) && !input.peek2(Token![==]);
    let has_nothing = !input.peek2(syn::token::Paren) && !input.peek2(Token![::]);
    has_value || (has_nothing && keys.iter().any(|(key, _)| word == key))
}
