//! Functions that are no `async fn` and return a boxed future, as `#[async_trait]` writes them.

use syn::{
    AngleBracketedGenericArguments, AssocType, GenericArgument, PathArguments, PathSegment, Type,
    TypeParamBound,
};

/// What the future returns, of a type that is spelled `Pin<Box<dyn Future<Output = R> ..>>`.
pub(crate) fn output(ty: &Type) -> Option<&Type> {
    let boxed = argument(last(ty)?, "Pin")?;
    let Type::TraitObject(object) = argument(last(boxed)?, "Box")? else { return None };
    object.bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let future = bound.path.segments.last().filter(|segment| segment.ident == "Future")?;
        arguments(future)?.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(AssocType { ident, ty, .. }) if ident == "Output" => Some(ty),
            _ => None,
        })
    })
}

/// The same type around a future that returns something else.
pub(crate) fn returning(ty: &Type, other: Type) -> Type {
    struct Replace(Option<Type>);
    impl syn::visit_mut::VisitMut for Replace {
        fn visit_assoc_type_mut(&mut self, assoc: &mut AssocType) {
            if assoc.ident == "Output"
                && let Some(other) = self.0.take()
            {
                assoc.ty = other;
            }
        }
    }
    let mut ty = ty.clone();
    syn::visit_mut::visit_type_mut(&mut Replace(Some(other)), &mut ty);
    ty
}

fn last(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        Type::Group(group) => last(&group.elem),
        _ => None,
    }
}

fn arguments(segment: &PathSegment) -> Option<&AngleBracketedGenericArguments> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments),
        _ => None,
    }
}

fn argument<'a>(segment: &'a PathSegment, name: &str) -> Option<&'a Type> {
    arguments(segment).filter(|_| segment.ident == name)?.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
