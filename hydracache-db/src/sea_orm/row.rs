//! Rows of tables by their primary key: which one a query finds, and how it is named in tags.

use ::sea_orm::sea_query::{IntoValueTuple, OptionEnum};
use ::sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, Iterable, PrimaryKeyToColumn, PrimaryKeyTrait,
    QueryFilter, QuerySelect, QueryTrait, Statement, Value,
};
use hydracache_runtime::{Applied, KeySegment, SegmentWriter, Tag};

use crate::cache::DbCache;
use crate::naming::list_tag;
use crate::transaction::DbTransaction;

/// The type of the primary key of an entity.
type IdOf<E> = <<E as EntityTrait>::PrimaryKey as PrimaryKeyTrait>::ValueType;

/// The primary key in a statement that is word for word what `find_by_id` with that key makes.
///
/// A query does not tell how it came about, so the one that it would be is made, and compared.
pub(super) fn id_of_statement<E: EntityTrait>(statement: &Statement) -> Option<Vec<Value>> {
    // The last one is the limit.
    let (_, id) = statement.values.as_ref()?.0.split_last()?;
    let keys: Vec<_> = E::PrimaryKey::iter().collect();
    if keys.len() != id.len() {
        return None;
    }
    let by_id = keys
        .into_iter()
        .zip(id)
        .fold(E::find(), |select, (key, value)| select.filter(key.into_column().eq(value.clone())));
    (by_id.limit(1).build(statement.db_backend) == *statement).then(|| id.to_vec())
}

/// The tag of one row; that of an entity of the same name and id.
pub(super) fn row_tag(name: &str, id: &[Value]) -> Tag {
    Tag::entity(name, Id(id))
}

/// What a write of one row makes invalid: the row, and whatever lists rows of its table.
fn tags_of_write<E: EntityTrait>(id: impl Into<IdOf<E>>) -> [Tag; 2] {
    let id: Vec<Value> = id.into().into_value_tuple().into_iter().collect();
    let table = E::default();
    [row_tag(table.table_name(), &id), list_tag(table.table_name())]
}

impl DbCache {
    /// Invalidates what is cached of one row of a table of SeaORM: what [`find_by_id`](EntityTrait::find_by_id) found, and every
    /// other cached query of the table, which may list it; what was found by other ids stays. In constant time.
    pub fn invalidate_row<E: EntityTrait>(&self, id: impl Into<IdOf<E>>) -> Applied {
        self.invalidate_tags(tags_of_write::<E>(id))
    }
}

impl DbTransaction<DatabaseTransaction> {
    /// The commit invalidates what is cached of one row of a table of SeaORM: what [`find_by_id`](EntityTrait::find_by_id)
    /// found, and every other cached query of the table, which may list it. What was found by other ids stays.
    ///
    /// For all rows of a table at once there is [`invalidates_collection`](Self::invalidates_collection) with its name.
    pub fn invalidates_row<E: EntityTrait>(&mut self, id: impl Into<IdOf<E>>) -> &mut Self {
        self.invalidates_tags(tags_of_write::<E>(id))
    }
}

/// The values of a primary key, written as a tuple of them is.
struct Id<'a>(&'a [Value]);

impl KeySegment for Id<'_> {
    fn write_segment(&self, out: &mut SegmentWriter<'_>) {
        match self.0 {
            [] => {}
            [value] => Part(value).write_segment(out),
            [first, rest @ ..] => (Part(first), Id(rest)).write_segment(out),
        }
    }
}

/// One value, written as the type of Rust is that it comes from.
struct Part<'a>(&'a Value);

impl KeySegment for Part<'_> {
    fn write_segment(&self, out: &mut SegmentWriter<'_>) {
        match self.0 {
            Value::Bool(Some(value)) => value.write_segment(out),
            Value::TinyInt(Some(value)) => value.write_segment(out),
            Value::SmallInt(Some(value)) => value.write_segment(out),
            Value::Int(Some(value)) => value.write_segment(out),
            Value::BigInt(Some(value)) => value.write_segment(out),
            Value::TinyUnsigned(Some(value)) => value.write_segment(out),
            Value::SmallUnsigned(Some(value)) => value.write_segment(out),
            Value::Unsigned(Some(value)) => value.write_segment(out),
            Value::BigUnsigned(Some(value)) => value.write_segment(out),
            Value::String(Some(value)) => value.write_segment(out),
            Value::Enum(OptionEnum::Some(value)) => value.value.write_segment(out),
            Value::Char(Some(value)) => value.write_segment(out),
            // Which others there are is decided by features of SeaORM that this crate does not know. They show themselves
            // as `Uuid(Some(67e55044-10b1-426f-9247-bb680e5fe0c8))`.
            other => {
                let shown = format!("{other:?}");
                let inner = shown.split_once("(Some(").and_then(|(_, inner)| inner.strip_suffix("))"));
                out.text(inner.unwrap_or(&shown));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_named_as_an_entity_with_the_same_id() {
        let tag = |id: &[Value]| row_tag("users", id);
        assert_eq!(tag(&[42_i64.into()]), Tag::entity("users", 42));
        assert_eq!(tag(&["a:b".into()]), Tag::entity("users", "a:b"));
        assert_eq!(tag(&[1_i32.into(), "x".into()]), Tag::entity("users", (1, "x")));
        assert_eq!(tag(&[1_u8.into(), 'x'.into(), true.into()]), Tag::entity("users", (1, 'x', true)));
    }

    #[test]
    fn a_value_of_a_type_that_is_not_known_here_shows_itself() {
        assert_eq!(row_tag("t", &[Value::Double(Some(1.5))]), Tag::entity("t", "1.5"));
        assert_eq!(row_tag("t", &[Value::Int(None)]), Tag::entity("t", "Int(None)"));
    }
}
