//! The marks of fields: which one is the id, which one names the tenant, and in which columns they stand.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Data, DeriveInput, Field, Fields, Ident, Index, LitStr, Member};

use crate::cached::read::{named, read_equals};
use crate::diagnostics::{Errors, did_you_mean, listed};
use crate::parts::each_part;

const OF_FIELDS: [&str; 3] = ["id", "tenant", "column"];
const COLUMN: &str = "column = \"user_id\"";

/// A field with a mark.
pub(super) struct Marked<'a> {
    pub(super) at: Ident,
    pub(super) member: Member,
    pub(super) field: &'a Field,
    /// The name of its column, where that is said.
    pub(super) column: Option<LitStr>,
}

impl Marked<'_> {
    /// The name of its column: the one that is said, or its own.
    pub(super) fn column_name(&self) -> Option<String> {
        let own = || self.field.ident.as_ref().map(|name| name.unraw().to_string());
        self.column.as_ref().map(LitStr::value).or_else(own)
    }
}

/// The attributes that are about the entity.
pub(super) fn ours(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("hydracache"))
}

/// What stands in the parentheses of one.
pub(super) fn inside(attribute: &Attribute, example: &str, errors: &mut Errors) -> TokenStream {
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
pub(super) fn marked<'a>(
    input: &'a DeriveInput,
    errors: &mut Errors,
) -> (Option<Marked<'a>>, Option<Marked<'a>>) {
    let (mut id, mut tenant) = (None, None);
    for (member, field) in fields(input) {
        let mut columns = Columns::default();
        for attribute in ours(&field.attrs) {
            each_part(inside(attribute, "id", errors), errors, |input, errors| {
                let at = Ident::parse_any(input).map_err(|error| {
                    syn::Error::new(error.span(), "a mark is missing, such as `#[hydracache(id)]`")
                })?;
                let place = match at.to_string().as_str() {
                    "id" => &mut id,
                    "tenant" => &mut tenant,
                    "column" => return columns.read(at, input, errors),
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
                *place = Some(Marked { at, member: member.clone(), field, column: None });
                Ok(())
            });
        }
        columns.give(&member, [&mut id, &mut tenant], errors);
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
pub(super) fn fields(input: &DeriveInput) -> Vec<(Member, &Field)> {
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

/// What is said of the column of one field.
#[derive(Default)]
struct Columns {
    said: Option<Ident>,
    name: Option<LitStr>,
}

impl Columns {
    fn read(&mut self, at: Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        if self.said.is_some() {
            errors.on(&at, "`column` is given twice; keep one of them");
        }
        read_equals(&at, COLUMN, input)?;
        self.said = Some(at);
        self.name = Some(named(input, &format!("`column` takes a text: `{COLUMN}`"))?);
        Ok(())
    }

    /// Gives the column to the marks of the field.
    fn give(self, member: &Member, marks: [&mut Option<Marked<'_>>; 2], errors: &mut Errors) {
        let Some(at) = self.said else { return };
        let mut is_marked = false;
        for mark in marks.into_iter().flatten().filter(|mark| mark.member == *member) {
            mark.column.clone_from(&self.name);
            is_marked = true;
        }
        // A mark that could not be read is not missing as well.
        if !is_marked && errors.is_empty() {
            errors.on(
                at,
                "the column is asked only of the id and of the tenant: mark the field, as in \
                 `#[hydracache(id, column = \"user_id\")]`, or remove this",
            );
        }
    }
}
