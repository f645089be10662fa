//! Rules between the keys and the signature.

use super::args::{Args, Handle, Receiver, Tags};
use super::signature::{Signature, span_of};
use crate::diagnostics::{Errors, did_you_mean, listed};

pub(crate) fn check(args: &Args, signature: &Signature, errors: &mut Errors) {
    check_skip(args, signature, errors);
    check_receiver(args, signature, errors);
    check_value(args, signature, errors);
}

fn check_skip(args: &Args, signature: &Signature, errors: &mut Errors) {
    if let (Some(span), Some(_)) = (args.skip_span, &args.key) {
        errors.at(
            span,
            "`key` already says what the key consists of; `skip` leaves arguments out of a key that nobody wrote: \
             keep one of the two",
        );
    }
    let known: Vec<String> =
        signature.arguments.iter().flat_map(super::signature::Argument::mentions).collect();
    for skipped in &args.skip {
        if skipped == "self" {
            errors.on(skipped, "the receiver is left out with `receiver = skip`");
        } else if !signature.arguments.iter().any(|argument| argument.answers_to(skipped)) {
            let meant = did_you_mean(&skipped.to_string(), known.iter().map(String::as_str));
            errors.on(
                skipped,
                format!("`{skipped}` is not an argument{meant}\nthe arguments are {}", listed(&known)),
            );
        }
    }
}

fn check_receiver(args: &Args, signature: &Signature, errors: &mut Errors) {
    if !signature.is_method() {
        match &args.receiver {
            Some(Receiver::Expr(expr)) => errors.on(expr, "the function has no receiver: remove `receiver`"),
            Some(Receiver::Skip) => {
                errors.at(span_of(&signature.item), "the function has no receiver: remove `receiver = skip`");
            }
            None => {}
        }
        return;
    }
    if args.receiver.is_none() && args.key.is_none() {
        errors.at(
            span_of(&signature.item),
            "two instances would share entries: say `receiver = skip` if they may, or give an expression that tells \
             them apart, such as `receiver = self.tenant`",
        );
    }
    if args.name.is_none() {
        errors.at(
            span_of(&signature.item),
            "an attribute on a method cannot see the type it belongs to: give it a name, such as `name = \"users.get\"`",
        );
    }
    if let Some(Handle::Named(handle)) = &args.handle {
        errors.on(handle, "an impl block has no room for a handle: remove `handle`");
    }
}

fn check_value(args: &Args, signature: &Signature, errors: &mut Errors) {
    if matches!(signature.output_type, Some(syn::Type::Reference(ref reference))
        if reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident != "static"))
    {
        errors.on(
            &signature.output_type,
            "a reference into the arguments cannot be cached: return what it points to, or an `Arc` of it",
        );
    }
    if let Some(Tags::OfValue(closure)) = &args.tags
        && closure.asyncness.is_some()
    {
        errors.on(closure, "the closure of `tags` is called while the value is stored: it cannot be `async`");
    }
}
