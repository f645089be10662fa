//! What is written into a key or a tag, and which arguments that reads.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Ident, Lit};

use super::args::{Args, Receiver};
use super::signature::{Argument, Signature};
use crate::diagnostics::{Errors, did_you_mean, generated, listed};
use crate::template::{self, Piece};

/// The arguments that some expressions read, by position, and whether they read `self`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Uses {
    pub(crate) arguments: Vec<bool>,
    pub(crate) receiver: bool,
}

impl Uses {
    pub(crate) fn nothing(signature: &Signature) -> Self {
        Self { arguments: vec![false; signature.arguments.len()], receiver: false }
    }

    pub(crate) fn and(&self, other: &Self) -> Self {
        Self {
            arguments: self.arguments.iter().zip(&other.arguments).map(|(a, b)| a | b).collect(),
            receiver: self.receiver | other.receiver,
        }
    }

    /// The arguments themselves.
    pub(crate) fn of<'a>(&'a self, signature: &'a Signature) -> impl Iterator<Item = &'a Argument> {
        signature
            .arguments
            .iter()
            .zip(&self.arguments)
            .filter(|(_, read)| **read)
            .map(|(argument, _)| argument)
    }

    /// Notes every argument that is mentioned in `tokens`.
    pub(crate) fn note(&mut self, tokens: impl ToTokens, signature: &Signature) {
        for token in tokens.to_token_stream() {
            match token {
                TokenTree::Group(group) => self.note(group.stream(), signature),
                TokenTree::Ident(ident) if ident == "self" => self.receiver = true,
                TokenTree::Ident(ident) => {
                    for (used, argument) in self.arguments.iter_mut().zip(&signature.arguments) {
                        *used |= argument.answers_to(&ident);
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
}

/// Statements that write text and segments into `__key`.
#[derive(Debug)]
pub(crate) struct Writing {
    pub(crate) statements: TokenStream,
    pub(crate) uses: Uses,
    /// How it is shown in the registry.
    pub(crate) shown: String,
}

/// The key of the function.
pub(crate) fn of_function(args: &Args, signature: &Signature, errors: &mut Errors) -> Writing {
    let mut segments = Segments::new(signature);
    for name in signature.type_parameters() {
        segments.value(&quote!(*::core::any::type_name::<#name>()), name.span());
    }
    for name in signature.const_parameters() {
        segments.value(&quote!(#name), name.span());
    }
    if let Some(Receiver::Expr(expr)) = &args.receiver {
        segments.expr(expr);
    }
    match &args.key {
        None => {
            for (at, argument) in signature.arguments.iter().enumerate() {
                if args.skip.iter().any(|skipped| argument.answers_to(skipped)) {
                    continue;
                }
                let name = &argument.name;
                segments.uses.arguments[at] = true;
                segments.show(&format!("{{{}}}", argument.mentions().join(",")));
                segments.value(&quote!(#name), argument.ty.span());
            }
        }
        Some(Expr::Tuple(tuple)) => tuple.elems.iter().for_each(|part| segments.part(part, errors)),
        Some(part) => segments.part(part, errors),
    }
    segments.finish()
}

/// One tag that is given as a template.
pub(crate) fn of_template(literal: &syn::LitStr, signature: &Signature, errors: &mut Errors) -> Writing {
    let mut segments = Segments::new(signature);
    segments.template(literal, errors);
    segments.finish()
}

struct Segments<'a> {
    signature: &'a Signature,
    statements: TokenStream,
    uses: Uses,
    shown: String,
    begun: bool,
}

impl<'a> Segments<'a> {
    fn new(signature: &'a Signature) -> Self {
        Self {
            signature,
            statements: TokenStream::new(),
            uses: Uses::nothing(signature),
            shown: String::new(),
            begun: false,
        }
    }

    fn finish(self) -> Writing {
        Writing { statements: self.statements, uses: self.uses, shown: self.shown }
    }

    fn separate(&mut self) {
        if self.begun {
            self.statements.extend(raw(":"));
        }
        self.begun = true;
    }

    fn show(&mut self, text: &str) {
        if !self.shown.is_empty() {
            self.shown.push(':');
        }
        self.shown.push_str(text);
    }

    /// One segment; an error about its type stands at `span`.
    fn value(&mut self, value: &TokenStream, span: Span) {
        self.separate();
        self.statements.extend(segment(value, span));
    }

    /// A text is a template wherever it stands.
    fn part(&mut self, part: &Expr, errors: &mut Errors) {
        match part {
            Expr::Lit(ExprLit { lit: Lit::Str(literal), .. }) => {
                self.separate();
                self.template(literal, errors);
            }
            expr => self.expr(expr),
        }
    }

    fn expr(&mut self, expr: &Expr) {
        self.uses.note(expr, self.signature);
        self.show(&format!("{{{}}}", expr.to_token_stream()));
        self.value(&expr.to_token_stream(), expr.span());
    }

    fn template(&mut self, literal: &syn::LitStr, errors: &mut Errors) {
        self.show(&literal.value());
        let pieces = match template::parse(literal) {
            Ok(pieces) => pieces,
            Err(error) => return errors.push(error),
        };
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.statements.extend(raw(&text)),
                Piece::Value(expr) => {
                    if let Some(wrong) = self.unknown(&expr) {
                        errors.at(expr.span(), wrong);
                        continue;
                    }
                    self.uses.note(&expr, self.signature);
                    self.statements.extend(segment(&expr.to_token_stream(), expr.span()));
                }
            }
        }
    }

    /// Why a placeholder names nothing.
    fn unknown(&self, expr: &Expr) -> Option<String> {
        let root = root(expr)?;
        let is_known = self.signature.arguments.iter().any(|argument| argument.answers_to(root))
            || self.signature.const_parameters().any(|name| name == root)
            || (root == "self" && self.signature.has_receiver());
        if is_known {
            return None;
        }
        let known = self.signature.names();
        let root = root.unraw().to_string();
        let meant = did_you_mean(&root, known.iter().map(String::as_str));
        let known = match known.len() {
            0 => "the function has no arguments".to_owned(),
            _ => format!("the arguments are {}", listed(&known)),
        };
        let why = if root == "self" {
            "the function has no receiver".to_owned()
        } else {
            format!("there is no argument `{root}`{meant}")
        };
        Some(format!("`{{{}}}`: {why}\n{known}", shown(expr)))
    }
}

/// Text as it is.
pub(crate) fn raw(text: &str) -> TokenStream {
    quote_spanned!(generated(Span::call_site())=> __key.push_raw(#text);)
}

/// One escaped value.
pub(crate) fn segment(value: &TokenStream, span: Span) -> TokenStream {
    quote_spanned!(generated(span)=> __key.push_segment(&(#value));)
}

fn root(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Path(path) => path.path.get_ident(),
        Expr::Field(field) => root(&field.base),
        Expr::MethodCall(call) => root(&call.receiver),
        _ => None,
    }
}

fn shown(expr: &Expr) -> String {
    expr.to_token_stream().to_string().replace(' ', "")
}
