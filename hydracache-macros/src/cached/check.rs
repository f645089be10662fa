//! Rules between the keys and the signature.

use syn::Type;
use syn::spanned::Spanned;

use super::args::{Args, Handle, Returns};
use super::shape::{is_option, is_plain, value_part};
use super::signature::{Signature, borrowed, borrowed_forever, opaque};
use super::{bulk, loader};
use crate::diagnostics::{Errors, did_you_mean, listed};

pub(crate) fn check(args: &Args, signature: &Signature, errors: &mut Errors) {
    check_skip(args, signature, errors);
    if signature.has_receiver() {
        check_method(args, signature, errors);
    } else if let (Some(span), Some(_)) = (args.said("receiver"), &args.receiver) {
        errors.at(span, "the function has no receiver: remove `receiver`");
    }
    if let Some(output) = &signature.output_type {
        check_output(args, output, errors);
    }
    check_outcomes(args, signature, errors);
    loader::check(args, signature, errors);
    bulk::check(args, signature, errors);
}

/// Keys about errors and `None` need a return type that has them.
fn check_outcomes(args: &Args, signature: &Signature, errors: &mut Errors) {
    let output = signature.output_type.as_ref();
    let fails = args.returns != Some(Returns::Plain) && output.is_some_and(|output| !is_plain(output));
    for key in ["errors", "share_error"] {
        if let (Some(at), false) = (args.said(key), fails) {
            errors.at(at, format!("the function cannot fail: remove `{key}`, or return a `Result`"));
        }
    }
    let value = output.map(|output| value_part(args.returns, output));
    if let Some(at) = args.said("none").filter(|_| args.bulk.is_none())
        && value.is_none_or(|value| is_plain(value) && !is_option(value))
    {
        errors.at(at, "the value is no `Option`: remove `none`, or return one");
    }
    if let (Some(at), false) = (args.said("adopt"), signature.is_async()) {
        errors.at(at, "a blocking function cannot be adopted: remove `adopt`, or make it `async`");
    }
}

fn check_skip(args: &Args, signature: &Signature, errors: &mut Errors) {
    // With a loader it says what a call does not send, which the key says as well.
    if let (Some(span), Some(_), false) = (args.said("skip"), args.said("key"), args.loader) {
        errors.at(
            span,
            "`key` already says what the key consists of, so there is nothing to leave out: keep one of the two",
        );
        return;
    }
    let known = signature.names();
    for (at, skipped) in args.skip.iter().enumerate() {
        if args.skip[..at].contains(skipped) {
            errors.on(skipped, format!("`{skipped}` is named twice; keep one of them"));
        } else if skipped == "self" {
            errors.on(skipped, "`skip` lists arguments; the receiver is left out with `receiver = skip`");
        } else if !signature.arguments.iter().any(|argument| argument.answers_to(skipped)) {
            let meant = did_you_mean(&skipped.to_string(), known.iter().map(String::as_str));
            let known = match known.len() {
                0 => "the function has no arguments".to_owned(),
                _ => format!("the arguments are {}", listed(&known)),
            };
            errors.on(skipped, format!("`{skipped}` is not an argument{meant}\n{known}"));
        }
    }
}

fn check_method(args: &Args, signature: &Signature, errors: &mut Errors) {
    let span = signature.span();
    let skips_self = args.skip.iter().any(|skipped| skipped == "self");
    let says_key = args.said("key").is_some() || args.said("entries").is_some();
    if args.said("receiver").is_none() && !says_key && !skips_self {
        errors.at(
            span,
            "two instances would share entries: say `receiver = skip` if they may, or give an expression that tells \
             them apart, such as `receiver = self.tenant`",
        );
    }
    if signature.owner.is_some() {
        return;
    }
    if args.said("name").is_none() {
        errors.at(
            span,
            "an attribute on a method cannot see the type it belongs to: give it a name, such as `name = \"users.get\"`, \
             or put `#[hydracache::cached_impl]` on the `impl` block",
        );
    }
    if let Some(Handle::Named(handle)) = &args.handle {
        errors.on(
            handle,
            "an impl block has no room for a handle: remove `handle`, or put `#[hydracache::cached_impl]` on the block",
        );
    }
}

/// What is returned is kept: it must have a name, own what it holds, and be there at all.
fn check_output(args: &Args, output: &Type, errors: &mut Errors) {
    if args.returns == Some(Returns::Result) && is_plain(output) {
        errors.on(output, "this is not a `Result`: remove `returns = \"result\"`");
    } else if let Type::Never(never) = output {
        errors.on(never, "a function that never returns has nothing to cache: remove the attribute");
    } else if let Some(opaque) = opaque(output) {
        errors.on(
            opaque,
            "a type without a name cannot be cached: name it, or return a pointer to the trait, \
             such as `Arc<dyn Trait>` with `memory_only`",
        );
    } else if let Some(borrowed) = borrowed(output) {
        errors.on(
            borrowed,
            "what is cached outlives the call and cannot borrow from its arguments: return what this points to, or \
             an `Arc` of it",
        );
    } else if !args.memory_only
        && let Some(forever) = borrowed_forever(value_part(args.returns, output))
    {
        errors.at(
            forever.span(),
            "a `'static` reference has no byte form that could be read back: say `memory_only` if the value never \
             leaves the process, or return an owned type, such as `String`",
        );
    }
}
