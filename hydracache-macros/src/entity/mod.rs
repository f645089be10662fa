//! `#[derive(HydraCacheEntity)]`: a type whose entries are known by an id.

mod args;
mod marks;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Expr, LitStr, Member, Type};

use self::args::{Args, KEYS};
use self::marks::{Marked, fields, inside, marked, ours};
use crate::cached::key::{raw, segment};
use crate::crate_path::Facade;
use crate::diagnostics::{Errors, did_you_mean, generated, listed};
use crate::parts::each_part;
use crate::template::{self, Piece};

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
    args.check_columns([id.as_ref(), tenant.as_ref()], &mut errors);
    let facade = Facade::new(args.facade.as_ref());
    let private = facade.private(generated(input.ident.span()));
    let tags: Vec<_> =
        args.tags.iter().filter_map(|tag| tag_of(tag, &input, &private, &mut errors)).collect();
    let (Some(entity), Some(id_type), true) = (&args.entity, id_type, errors.is_empty()) else {
        return errors.into_tokens();
    };
    let known = Entity { input: &input, args: &args, name: entity, id_type, id, tenant, tags };
    known.emit(&private)
}

/// A type of which everything needed is known.
struct Entity<'a> {
    input: &'a DeriveInput,
    args: &'a Args,
    name: &'a LitStr,
    id_type: &'a Type,
    id: Option<Marked<'a>>,
    tenant: Option<Marked<'a>>,
    /// More tags, as expressions.
    tags: Vec<TokenStream>,
}

impl Entity<'_> {
    fn emit(&self, private: &TokenStream) -> TokenStream {
        let Self { input, args, name: entity, id_type, id, tenant, tags } = self;
        let collection = option(args.collection.as_ref());
        let id_member = id.as_ref().map(|id| &id.member);
        let table = option(args.table.as_ref());
        let said_column = args.id_column.as_ref().map(LitStr::value);
        let id_column = option(said_column.or_else(|| id.as_ref().and_then(Marked::column_name)));
        let tenant_column = option(tenant.as_ref().and_then(Marked::column_name));
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
                const TABLE: ::core::option::Option<&'static str> = #table;
                const ID_COLUMN: ::core::option::Option<&'static str> = #id_column;
                const TENANT_COLUMN: ::core::option::Option<&'static str> = #tenant_column;
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
                        table: #table,
                        id_column: #id_column,
                        tenant_column: #tenant_column,
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
