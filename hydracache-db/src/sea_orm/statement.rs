//! What a statement is called in a cache.

use std::fmt::Write as _;

use ::sea_orm::{Statement, Value};
use sha2::{Digest, Sha256};

/// Which rows are asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    First,
    All,
}

/// The key of what a statement returns: two are equal only if statement, values, shape and type of row are.
///
/// Values come from users of the program, so the digest is one in which nobody finds two that are equal. What goes into it can be
/// read from left to right: each part is preceded by its length.
pub(super) fn key_of(table: &str, statement: &Statement, shape: Shape, row: &str) -> String {
    let mut digest = Sha256::new();
    let mut part = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    };
    part(format!("{:?} {shape:?}", statement.db_backend).as_bytes());
    part(row.as_bytes());
    part(statement.sql.as_bytes());
    for value in statement.values.iter().flat_map(|values| &values.0) {
        match value {
            // These two can be long, and need no other form to be told apart.
            Value::String(Some(text)) => {
                part(b"String");
                part(text.as_bytes());
            }
            Value::Bytes(Some(bytes)) => {
                part(b"Bytes");
                part(bytes);
            }
            // Says the variant, and the value exactly: decimals with their scale, moments with their zone, texts escaped.
            // Equality would not do, by which `1.0` and `1.00` are the same though a database may tell them apart.
            other => {
                part(b"other");
                part(format!("{other:?}").as_bytes());
            }
        }
    }
    let mut key = format!("{table}:select:");
    for byte in digest.finalize() {
        // Writing into a `String` cannot fail.
        let _ = write!(key, "{byte:02x}");
    }
    key
}

#[cfg(test)]
mod tests {
    use ::sea_orm::DbBackend;

    use super::*;

    fn key(sql: &str, values: Vec<Value>) -> String {
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
        key_of("t", &statement, Shape::All, "row")
    }

    #[test]
    fn two_statements_have_one_key_only_if_they_are_one() {
        let keys = [
            key("a", vec![]),
            key("b", vec![]),
            key("a", vec!["x".into()]),
            key("a", vec!["x".into(), "y".into()]),
            key("a", vec!["xy".into(), "".into()]),
            key("a", vec!["x\", \"y".into()]),
            key("a", vec![b"x".to_vec().into()]),
            key("a", vec!['x'.into()]),
            key("a", vec![1_i32.into()]),
            key("a", vec![1_i64.into()]),
            key("a", vec![1_f64.into()]),
            key("a", vec![0_f64.into()]),
            key("a", vec![(-0_f64).into()]),
            key("a", vec![Value::Int(None)]),
            key("a", vec![Value::String(None)]),
            key("a", vec!["Int(None)".into()]),
        ];
        for (at, key) in keys.iter().enumerate() {
            assert!(!keys[..at].contains(key), "{at}");
        }
        assert_eq!(key("a", vec!["x".into()]), key("a", vec!["x".into()]));
    }

    #[test]
    fn shape_row_and_database_are_part_of_it() {
        let statement = |backend| Statement::from_sql_and_values(backend, "a", []);
        let of = |backend, shape, row| key_of("t", &statement(backend), shape, row);
        let one = of(DbBackend::Sqlite, Shape::First, "row");
        assert_ne!(one, of(DbBackend::Sqlite, Shape::All, "row"));
        assert_ne!(one, of(DbBackend::MySql, Shape::First, "row"));
        assert_ne!(one, of(DbBackend::Sqlite, Shape::First, "other"));
        assert_eq!(one.len(), "t:select:".len() + 64);
    }
}
