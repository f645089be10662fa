//! What is said of the type: its name, its collection, its id, its tags, its table.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, ExprArray, ExprLit, Ident, Lit, LitStr, Path, Type};

use super::marks::Marked;
use crate::cached::read::{expression, literal, named, read_facade};
use crate::diagnostics::Errors;
use crate::parts::Said;

pub(super) const KEYS: [(&str, &str); 7] = [
    ("entity", "entity = \"user\""),
    ("collection", "collection = \"users\""),
    ("id", "id = i64"),
    ("tags", "tags = [\"region:{region}\"]"),
    ("table", "table = \"users\""),
    ("id_column", "id_column = \"id\""),
    ("crate", "crate = my_crate::hydracache"),
];

/// What was said of the type.
#[derive(Debug, Default)]
pub(super) struct Args {
    pub(super) entity: Option<LitStr>,
    pub(super) collection: Option<LitStr>,
    pub(super) id: Option<Type>,
    pub(super) tags: Vec<LitStr>,
    pub(super) table: Option<LitStr>,
    pub(super) id_column: Option<LitStr>,
    pub(super) facade: Option<Path>,
    pub(super) said: Said,
}

impl Args {
    /// The type of the id: what is said, or that of the field that is marked.
    pub(super) fn id_type<'a>(
        &'a self,
        marked: Option<&Marked<'a>>,
        errors: &mut Errors,
    ) -> Option<&'a Type> {
        if let (Some(_), Some(marked)) = (&self.id, marked) {
            errors.at(marked.at.span(), "the id is said twice: keep this mark, or `id = ..` on the type");
        }
        self.id.as_ref().or_else(|| marked.map(|marked| &marked.field.ty))
    }

    /// What is said of columns and does not go together.
    pub(super) fn check_columns(&self, marked: [Option<&Marked<'_>>; 2], errors: &mut Errors) {
        if let (Some(at), [Some(_), _]) = (self.said.get("id_column"), marked) {
            errors.on(
                at,
                "a field is marked as the id: say its column there, as in `#[hydracache(id, column = \"user_id\")]`",
            );
        }
        if self.said.get("table").is_none() {
            return;
        }
        for marked in marked.into_iter().flatten().filter(|marked| marked.column_name().is_none()) {
            let mark = &marked.at;
            errors.on(
                mark,
                format!(
                    "a field without a name does not say its column in the table: add it, as in \
                     `#[hydracache({mark}, column = \"{mark}\")]`"
                ),
            );
        }
    }

    pub(super) fn parse_one(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        if let Ok(mark) = input.fork().call(Ident::parse_any) {
            let message = match mark.to_string().as_str() {
                "tenant" => {
                    "`tenant` marks the field that names the tenant: put `#[hydracache(tenant)]` on it"
                }
                "column" => {
                    "`column` goes on the field that is the id or the tenant, as in `#[hydracache(id, column = \"user_id\")]`; \
                     the column of an id that no field holds is `id_column = \"user_id\"`"
                }
                _ => "",
            };
            if !message.is_empty() {
                return Err(syn::Error::new(mark.span(), message));
            }
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
            "table" => self.table = Some(read_table(input, &takes("a text"))?),
            "id_column" => self.id_column = Some(named(input, &takes("a text"))?),
            "id" => {
                let at = input.span();
                self.id = Some(input.parse().map_err(|_| syn::Error::new(at, takes("a type")))?);
            }
            "tags" => self.read_tags(expression(input, &takes("a list of texts"))?, &takes, errors)?,
            _ => self.facade = Some(read_facade(input, example)?),
        }
        Ok(())
    }

    fn read_tags(
        &mut self,
        tags: Expr,
        takes: &dyn Fn(&str) -> String,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        match tags {
            Expr::Array(list) if list.elems.is_empty() => {
                return Err(syn::Error::new_spanned(list, "`tags` names no tag; leave it out, or name some"));
            }
            Expr::Array(ExprArray { elems, .. }) => {
                for tag in elems {
                    match tag {
                        Expr::Lit(ExprLit { lit: Lit::Str(tag), .. }) => self.tags.push(tag),
                        other => errors
                            .on(other, "a tag of an entity is a text, in which `{field}` stands for a field"),
                    }
                }
            }
            other => return Err(syn::Error::new_spanned(other, takes("a list of texts"))),
        }
        Ok(())
    }
}

/// The name of a table, with that of its schema or without.
fn read_table(input: ParseStream<'_>, takes: &str) -> syn::Result<LitStr> {
    let table: LitStr = literal(input, takes)?;
    let name = table.value();
    if name.trim().is_empty() {
        return Err(syn::Error::new(table.span(), format!("a name must not be empty; {takes}")));
    }
    if name.split('.').any(|part| part.trim().is_empty()) {
        let message = format!(
            "`{name}` has an empty part: before the dot stands a schema, and after it a table, as in `table = \"app.users\"`"
        );
        return Err(syn::Error::new(table.span(), message));
    }
    Ok(table)
}
