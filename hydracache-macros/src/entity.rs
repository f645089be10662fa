//! `#[derive(HydraCacheEntity)]`: a type whose entries are known by an id.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{
    Attribute, Data, DeriveInput, Expr, ExprArray, ExprLit, Field, Fields, Ident, Index, Lit, LitStr, Member,
    Path, Type,
};

use crate::cached::key::{raw, segment};
use crate::cached::read::{expression, named, read_facade};
use crate::crate_path::Facade;
use crate::diagnostics::{Errors, did_you_mean, generated, listed};
use crate::parts::{Said, each_part};
use crate::template::{self, Piece};

const KEYS: [(&str, &str); 5] = [
    ("entity", "entity = \"user\""),
    ("collection", "collection = \"users\""),
    ("id", "id = i64"),
    ("tags", "tags = [\"region:{region}\"]"),
    ("crate", "crate = my_crate::hydracache"),
];

const OF_FIELDS: [&str; 2] = ["id", "tenant"];

/// What was said of the type.
#[derive(Debug, Default)]
struct Args {
    entity: Option<LitStr>,
    collection: Option<LitStr>,
    id: Option<Type>,
    tags: Vec<LitStr>,
    facade: Option<Path>,
    said: Said,
}

/// A field with a mark.
struct Marked<'a> {
    at: Ident,
    member: Member,
    field: &'a Field,
}

/// Expands the derive.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::default();
    let mut args = Args::default();
    for attribute in ours(&input.attrs) {
        each_part(inside(attribute, KEYS[0].1, &mut errors), &mut errors, |input, errors| {
            args.parse_one(input, errors)
        });
    }
    // What could not be read may have been what is missing.
    let is_unread = !errors.is_empty() && !args.said.anything_but("");
    if let Data::Union(data) = &input.data {
        errors.on(data.union_token, "an entity is a struct or an enum: what is in a union is not known");
        return errors.into_tokens();
    }
    let before = errors.len();
    let (id, tenant) = marked(&input, &mut errors);
    let is_marked_wrongly = errors.len() > before;
    if args.entity.is_none() && args.said.get("entity").is_none() && !is_unread {
        errors.at(
            input.ident.span(),
            "the entity has no name, and its keys and tags begin with it: add `#[hydracache(entity = \"user\")]`",
        );
    }
    let id_type = args.id_type(id.as_ref(), &mut errors);
    if id_type.is_none() && args.said.get("id").is_none() && !is_marked_wrongly && !is_unread {
        errors.at(
            input.ident.span(),
            "the entity has no id: mark the field that is one with `#[hydracache(id)]`, or name the type of an id that no \
             field holds, `#[hydracache(id = i64)]`",
        );
    }
    let facade = Facade::new(args.facade.as_ref());
    let private = facade.private(generated(input.ident.span()));
    let tags: Vec<_> =
        args.tags.iter().filter_map(|tag| tag_of(tag, &input, &private, &mut errors)).collect();
    let (Some(entity), Some(id_type), true) = (&args.entity, id_type, errors.is_empty()) else {
        return errors.into_tokens();
    };
    let collection = option(args.collection.as_ref());
    let id_member = id.as_ref().map(|id| &id.member);
    let known_id = id_member.map(|member| {
        quote! {
            fn cache_id(&self) -> ::core::option::Option<&Self::Id> {
                ::core::option::Option::Some(&self.#member)
            }
        }
    });
    let tenant_tag = tenant.as_ref().map(|tenant| {
        let (member, span) = (&tenant.member, generated(tenant.field.ty.span()));
        let this = syn::token::SelfValue(Span::call_site());
        quote_spanned!(span=> .tenant(&#this.#member))
    });
    let all_tags = (tenant.is_some() || !tags.is_empty()).then(|| {
        quote! {
            fn cache_tags(&self) -> #private::TagSet {
                #private::entity_tags(self) #tenant_tag #(.tag(#tags))*
            }
        }
    });
    let (name, (of_impl, of_type, bounds)) = (&input.ident, input.generics.split_for_impl());
    let type_name = name.unraw().to_string();
    let written_id = id_type.to_token_stream().to_string();
    let id_field = option(id_member.map(shown));
    let tenant_field = option(tenant.as_ref().map(|tenant| shown(&tenant.member)));
    let tag_texts = &args.tags;
    let of_entity = quote_spanned!(generated(id_type.span())=> type Id = #id_type;);
    quote! {
        #[automatically_derived]
        impl #of_impl #private::CacheEntity for #name #of_type #bounds {
            #of_entity
            const ENTITY: &'static str = #entity;
            const COLLECTION: ::core::option::Option<&'static str> = #collection;
            #known_id
            #all_tags
        }
        const _: () = {
            #private::inventory::submit! {
                #private::EntityDescriptor::new(#private::EntityFacts {
                    entity: #entity,
                    collection: #collection,
                    id_field: #id_field,
                    id_type: #written_id,
                    tenant_field: #tenant_field,
                    tags: &[#(#tag_texts),*],
                    type_name: #type_name,
                    package: ::core::env!("CARGO_PKG_NAME"),
                    module: ::core::module_path!(),
                    file: ::core::file!(),
                    line: ::core::line!(),
                })
            }
        };
    }
}

impl Args {
    /// The type of the id: what is said, or that of the field that is marked.
    fn id_type<'a>(&'a self, marked: Option<&Marked<'a>>, errors: &mut Errors) -> Option<&'a Type> {
        if let (Some(_), Some(marked)) = (&self.id, marked) {
            errors.at(marked.at.span(), "the id is said twice: keep this mark, or `id = ..` on the type");
        }
        self.id.as_ref().or_else(|| marked.map(|marked| &marked.field.ty))
    }

    fn parse_one(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        if let Ok(mark) = input.fork().call(Ident::parse_any)
            && mark == "tenant"
        {
            let message = "`tenant` marks the field that names the tenant: put `#[hydracache(tenant)]` on it";
            return Err(syn::Error::new(mark.span(), message));
        }
        let key = self.said.read("#[hydracache(..)]", &KEYS, input, errors)?;
        let (name, example) = (key.name, key.example);
        if name == "id" && !input.peek(syn::Token![=]) {
            let message =
                "on a type, `id` names the type of the id, `id = i64`; the mark alone goes on a field";
            return Err(syn::Error::new(key.ident.span(), message));
        }
        key.equals(input)?;
        let takes = |what: &str| format!("`{name}` takes {what}: `{example}`");
        match name {
            "entity" => self.entity = Some(named(input, &takes("a text"))?),
            "collection" => self.collection = Some(named(input, &takes("a text"))?),
            "id" => {
                let at = input.span();
                self.id = Some(input.parse().map_err(|_| syn::Error::new(at, takes("a type")))?);
            }
            "tags" => match expression(input, &takes("a list of texts"))? {
                Expr::Array(list) if list.elems.is_empty() => {
                    return Err(syn::Error::new_spanned(
                        list,
                        "`tags` names no tag; leave it out, or name some",
                    ));
                }
                Expr::Array(ExprArray { elems, .. }) => {
                    for tag in elems {
                        match tag {
                            Expr::Lit(ExprLit { lit: Lit::Str(tag), .. }) => self.tags.push(tag),
                            other => errors.on(
                                other,
                                "a tag of an entity is a text, in which `{field}` stands for a field",
                            ),
                        }
                    }
                }
                other => return Err(syn::Error::new_spanned(other, takes("a list of texts"))),
            },
            _ => self.facade = Some(read_facade(input, example)?),
        }
        Ok(())
    }
}

/// The attributes that are about the entity.
fn ours(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("hydracache"))
}

/// What stands in the parentheses of one.
fn inside(attribute: &Attribute, example: &str, errors: &mut Errors) -> TokenStream {
    match attribute.meta.require_list() {
        Ok(list) if list.tokens.is_empty() => {
            errors
                .on(attribute, format!("this says nothing: remove it, or write `#[hydracache({example})]`"));
            TokenStream::new()
        }
        Ok(list) => list.tokens.clone(),
        Err(_) => {
            errors.on(attribute, format!("what it says stands in parentheses: `#[hydracache({example})]`"));
            TokenStream::new()
        }
    }
}

/// The fields that are marked as the id and as the tenant.
fn marked<'a>(input: &'a DeriveInput, errors: &mut Errors) -> (Option<Marked<'a>>, Option<Marked<'a>>) {
    let (mut id, mut tenant) = (None, None);
    for (member, field) in fields(input) {
        for attribute in ours(&field.attrs) {
            each_part(inside(attribute, "id", errors), errors, |input, errors| {
                let at = Ident::parse_any(input).map_err(|error| {
                    syn::Error::new(error.span(), "a mark is missing, such as `#[hydracache(id)]`")
                })?;
                let place = match at.to_string().as_str() {
                    "id" => &mut id,
                    "tenant" => &mut tenant,
                    wrong => {
                        let meant = did_you_mean(wrong, OF_FIELDS);
                        let known = listed(OF_FIELDS);
                        let message =
                            format!("`{wrong}` marks nothing{meant}\nthe marks of fields are {known}");
                        return Err(syn::Error::new(at.span(), message));
                    }
                };
                if input.peek(syn::Token![=]) || input.peek(syn::token::Paren) {
                    return Err(syn::Error::new(input.span(), format!("`{at}` is a mark: write it alone")));
                }
                if let Some(Marked { member: other, .. }) = place {
                    let message = if *other == member {
                        format!("`{at}` is given twice; keep one of them")
                    } else {
                        format!("another field is marked as the {at} as well; an entity has one")
                    };
                    errors.at(at.span(), message);
                }
                *place = Some(Marked { at, member: member.clone(), field });
                Ok(())
            });
        }
    }
    if let Data::Enum(data) = &input.data {
        for attribute in data.variants.iter().flat_map(|variant| ours(&variant.attrs)) {
            errors.on(
                attribute,
                "a variant has no id of its own: name the type of the id on the enum, `#[hydracache(id = i64)]`",
            );
        }
        for attribute in
            data.variants.iter().flat_map(|variant| &variant.fields).flat_map(|field| ours(&field.attrs))
        {
            errors.on(
                attribute,
                "a field of a variant is not always there: name the type of the id on the enum, `#[hydracache(id = i64)]`",
            );
        }
    }
    (id, tenant)
}

/// The fields of a struct; an enum has none that all its values have.
fn fields(input: &DeriveInput) -> Vec<(Member, &Field)> {
    let Data::Struct(data) = &input.data else { return Vec::new() };
    let member = |(at, field): (usize, &'_ Field)| match &field.ident {
        Some(name) => Member::Named(name.clone()),
        None => Member::Unnamed(Index::from(at)),
    };
    match &data.fields {
        Fields::Unit => Vec::new(),
        all => all.iter().enumerate().map(|(at, field)| (member((at, field)), field)).collect(),
    }
}

/// One more tag, with the values of fields.
fn tag_of(
    tag: &LitStr,
    input: &DeriveInput,
    private: &TokenStream,
    errors: &mut Errors,
) -> Option<TokenStream> {
    if tag.value().is_empty() {
        errors.at(tag.span(), "a tag must not be empty: remove it, or name what is tagged");
        return None;
    }
    let pieces = match template::parse(tag) {
        Ok(pieces) => pieces,
        Err(error) => {
            errors.push(error);
            return None;
        }
    };
    let known: Vec<String> = fields(input)
        .iter()
        .filter_map(|(member, _)| match member {
            Member::Named(name) => Some(name.unraw().to_string()),
            Member::Unnamed(_) => None,
        })
        .collect();
    let mut statements = TokenStream::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => statements.extend(raw(&text)),
            Piece::Value(expr) => {
                let root = root(&expr);
                if root != "self" && !known.contains(&root) {
                    let meant = did_you_mean(&root, known.iter().map(String::as_str));
                    let known = match known.len() {
                        0 => "the type has no fields with names".to_owned(),
                        _ => format!("the fields are {}", listed(&known)),
                    };
                    errors.at(expr.span(), format!("there is no field `{root}`{meant}\n{known}"));
                    continue;
                }
                let owner = (root != "self").then(|| {
                    let this = syn::token::SelfValue(Span::call_site());
                    quote!(#this.)
                });
                statements.extend(segment(&quote!(#owner #expr), expr.span()));
            }
        }
    }
    Some(quote_spanned!(generated(tag.span())=> #private::tag(|__key| { #statements })))
}

/// The first word of a placeholder.
fn root(expr: &Expr) -> String {
    let first = expr.to_token_stream().into_iter().next();
    let word = first.map(|token| token.to_string()).unwrap_or_default();
    word.strip_prefix("r#").map_or(word.clone(), ToOwned::to_owned)
}

fn shown(member: &Member) -> String {
    match member {
        Member::Named(name) => name.unraw().to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    }
}

fn option(value: Option<impl ToTokens>) -> TokenStream {
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}
