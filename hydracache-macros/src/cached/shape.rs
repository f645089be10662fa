//! The shape of the return type: which part of it is the value.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{GenericArgument, Ident, PathArguments, Type};

use super::args::Returns;
use super::read::mentions;
use super::signature::{Signature, borrowed};
use crate::crate_path::Facade;
use crate::diagnostics::generated;

/// The shape as an expression: said, spelled, or found by a probe where the type is concrete.
pub(crate) fn shape(said: Option<Returns>, signature: &Signature, facade: &Facade) -> TokenStream {
    let span = generated(signature.output_span());
    let private = facade.private(span);
    let (result, plain) = (quote!(#private::RESULT), quote!(#private::PLAIN));
    match said {
        Some(Returns::Result) => return result,
        Some(Returns::Plain) => return plain,
        None => {}
    }
    let Some(output) = signature.output_type.as_ref().filter(|output| !is_plain(output)) else {
        return plain;
    };
    if shows_source(said, signature) {
        let shape = if is_cached(output) { "CACHED" } else { "RESULT_OF_CACHED" };
        let shape = Ident::new(shape, span);
        return quote!(#private::#shape);
    }
    let name = last_segment(output).map(ToString::to_string).unwrap_or_default();
    let is_open = is_open(signature);
    if name == "Result" || (is_open && name.ends_with("Result")) {
        result
    } else if is_open {
        plain
    } else {
        quote_spanned! {span=>
            use #private::PlainShape as _;
            #private::ShapeProbe::<#output>::SHAPE
        }
    }
}

/// Whether the return type depends on what is chosen elsewhere: a probe is a constant, and no constant may.
pub(crate) fn is_open(signature: &Signature) -> bool {
    signature.is_generic()
        || signature
            .output_type
            .as_ref()
            .is_some_and(|output| borrowed(output).is_some() || mentions(&output.to_token_stream(), "Self"))
}

/// The part of a return type that is the value, as far as it is spelled.
pub(crate) fn value_part(said: Option<Returns>, output: &Type) -> &Type {
    if said == Some(Returns::Plain) || last_segment(output).is_none_or(|name| name != "Result") {
        return output;
    }
    let Type::Path(path) = output else { return output };
    match path.path.segments.last().map(|segment| &segment.arguments) {
        Some(PathArguments::AngleBracketed(arguments)) => match arguments.args.first() {
            Some(GenericArgument::Type(value)) => value,
            _ => output,
        },
        _ => output,
    }
}

/// Whether the function hands values out with their source and age, by how its return type is spelled.
pub(crate) fn shows_source(said: Option<Returns>, signature: &Signature) -> bool {
    let value = signature.output_type.as_ref().map(|output| value_part(said, output));
    said.is_none() && value.is_some_and(is_cached)
}

fn is_cached(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|name| name == "Cached")
}

/// Whether a type is no `Result` under any name. A method may stand in a generic impl, which its attribute cannot see
/// and where a probe is not allowed; these types need none.
pub(crate) fn is_plain(output: &Type) -> bool {
    const PLAIN: [&str; 24] = [
        "Option", "Vec", "String", "Arc", "Box", "HashMap", "BTreeMap", "HashSet", "BTreeSet", "bool",
        "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "f32", "f64",
    ];
    match output {
        Type::Path(path) if path.qself.is_some() => false,
        Type::Macro(_) | Type::Verbatim(_) => false,
        _ => last_segment(output).is_none_or(|name| PLAIN.contains(&name.to_string().as_str())),
    }
}

/// Whether a type is spelled as an `Option`.
pub(crate) fn is_option(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|name| name == "Option")
}

pub(crate) fn last_segment(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last().map(|segment| &segment.ident),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}
