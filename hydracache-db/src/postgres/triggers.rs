//! The triggers of an entity's table.

use std::fmt;

use hydracache_runtime::{CacheEntity, CacheKeyBuilder};

use crate::error::{Context, DbError, DbErrorKind, Result};

/// How many rows one statement may change before the whole table is told of instead.
const ROW_LIMIT: u32 = 1000;

/// The SQL of a function and its triggers, which write into the outbox what changes in a table.
///
/// `Display` writes it; running it again replaces what is there. The table of the outbox must be there first: see
/// [`Dialect::migrations`](crate::outbox::Dialect::migrations).
///
/// A statement writes one row for each id that it inserts, updates or deletes, the old and the new one of an id that changes.
/// One that changes more than [`row_limit`](Self::row_limit) ids, and `truncate`, write a single row that stands for all.
/// The ids are written as text: integers, texts, `uuid` and `boolean` look in PostgreSQL as they do in keys; a column of
/// another type needs an id whose key is the same text.
///
/// The function is `security definer`, so writers need no rights on the outbox.
///
/// What fires no trigger of the table is not told: writes to a partition or to an inheriting table by its own name, partitions that
/// are attached or detached, rows that logical replication applies, and sessions whose `session_replication_role` is `replica`.
#[derive(Debug, Clone)]
#[must_use = "triggers are SQL that is to be run"]
pub struct Triggers {
    /// As it stands in keys.
    entity: String,
    collection: Option<String>,
    table: &'static str,
    id: &'static str,
    tenant: Option<&'static str>,
    with_tenant: bool,
    schema: String,
    limit: u32,
}

/// The triggers of an entity's table.
///
/// # Errors
///
/// [`NoTable`](DbErrorKind::NoTable) if the entity does not say its table or the column of its id.
pub fn triggers<E: CacheEntity>() -> Result<Triggers> {
    Ok(Triggers {
        entity: CacheKeyBuilder::new().segment(E::ENTITY).build_string(),
        collection: E::collection_tag(),
        table: E::TABLE.ok_or_else(|| missing::<E>("its table", "table = \"users\""))?,
        id: E::ID_COLUMN.ok_or_else(|| missing::<E>("the column of its id", "id_column = \"id\""))?,
        tenant: E::TENANT_COLUMN,
        with_tenant: false,
        schema: "public".to_owned(),
        limit: ROW_LIMIT,
    })
}

fn missing<E: CacheEntity>(what: &str, cure: &str) -> DbError {
    let context = Context { entity: Some(E::ENTITY.to_owned()), ..Context::of("triggers") };
    let message = format!("the entity does not say {what}: add `#[hydracache({cure})]`");
    DbError::new(DbErrorKind::NoTable, context, message)
}

impl Triggers {
    /// The schema of the outbox; `public` if it is not said.
    pub fn outbox_schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = schema.into();
        self
    }

    /// Tells of the whole table when one statement changes more ids than this; 1,000 if it is not said.
    pub fn row_limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    /// Invalidates with each row everything that carries the tag of its tenant, `tenant:id`, as well: for results about a whole
    /// tenant. The entities of the tenant carry that tag too.
    ///
    /// # Errors
    ///
    /// [`NoTable`](DbErrorKind::NoTable) if the entity does not say the column of its tenant.
    pub fn with_tenant(mut self) -> Result<Self> {
        if self.tenant.is_none() {
            let context = Context { entity: Some(self.entity), ..Context::of("triggers") };
            let message = "the entity does not say the column of its tenant: mark the field with `#[hydracache(tenant)]`";
            return Err(DbError::new(DbErrorKind::NoTable, context, message));
        }
        self.with_tenant = true;
        Ok(self)
    }

    /// What the names of the function and of the triggers begin with: others for each table, entity and outbox, and the same in
    /// each run of a program. PostgreSQL cuts names off at 63 bytes.
    fn name(&self) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        let table: String = self.table.chars().map(plain).collect();
        let told_apart = [self.table, &self.entity, &self.schema].join("\0");
        format!("hydracache_{table:.20}_{:016x}", fnv1a(told_apart.as_bytes()))
    }

    /// Collects the values of a column in `into`, one more than the limit at most.
    fn collect(&self, f: &mut fmt::Formatter<'_>, column: &str, into: &str) -> fmt::Result {
        let (column, limit) = (identifier(column), u64::from(self.limit) + 1);
        let of = |rows: &str| format!("select {column}::text from {rows}");
        for (operation, rows) in [
            ("INSERT", format!("{} limit {limit}", of("new_rows").replacen("select", "select distinct", 1))),
            ("DELETE", format!("{} limit {limit}", of("old_rows").replacen("select", "select distinct", 1))),
            ("UPDATE", format!("{} union {} limit {limit}", of("old_rows"), of("new_rows"))),
        ] {
            writeln!(f, "    if tg_op = '{operation}' then {into} := array({rows}); end if;")?;
        }
        Ok(())
    }
}

impl fmt::Display for Triggers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, schema) = (self.name(), identifier(&self.schema));
        let table = self.table.split('.').map(identifier).collect::<Vec<_>>().join(".");
        let collection = self.collection.as_deref().map_or("null".to_owned(), literal);
        let (entity, limit) = (literal(&self.entity), self.limit);
        let insert = format!("insert into {schema}.hydracache_outbox (kind, name, collection)");
        let segment = "replace(replace(one, '%', '%25'), ':', '%3A')";
        writeln!(f, "create or replace function {schema}.{name}() returns trigger")?;
        writeln!(f, "language plpgsql security definer set search_path = pg_catalog, {schema}, pg_temp")?;
        writeln!(f, "as $hydracache$")?;
        writeln!(
            f,
            "declare\n    ids text[] := array[]::text[];\n    tenants text[] := array[]::text[];\nbegin"
        )?;
        self.collect(f, self.id, "ids")?;
        if let Some(tenant) = self.tenant.filter(|_| self.with_tenant) {
            self.collect(f, tenant, "tenants")?;
        }
        writeln!(
            f,
            "    if tg_op = 'TRUNCATE' or cardinality(ids) > {limit} or cardinality(tenants) > {limit} then"
        )?;
        writeln!(f, "        {insert} values ('table', {entity}, {collection});")?;
        writeln!(f, "    elsif cardinality(ids) > 0 then")?;
        writeln!(f, "        {insert}")?;
        writeln!(
            f,
            "            select 'row', {entity} || ':' || {segment}, {collection} from unnest(ids) one"
        )?;
        writeln!(f, "            where one is not null;")?;
        writeln!(f, "        {insert}")?;
        writeln!(f, "            select 'row', 'tenant:' || {segment}, null from unnest(tenants) one")?;
        writeln!(f, "            where one is not null;")?;
        writeln!(f, "    else\n        return null;\n    end if;")?;
        writeln!(
            f,
            "    perform pg_notify('hydracache_outbox', '');\n    return null;\nend;\n$hydracache$;"
        )?;
        for (operation, rows) in [
            ("insert", " referencing new table as new_rows"),
            ("update", " referencing old table as old_rows new table as new_rows"),
            ("delete", " referencing old table as old_rows"),
            ("truncate", ""),
        ] {
            writeln!(f, "drop trigger if exists {name}_{operation} on {table};")?;
            writeln!(f, "create trigger {name}_{operation} after {operation} on {table}{rows}")?;
            writeln!(f, "    for each statement execute function {schema}.{name}();")?;
        }
        Ok(())
    }
}

/// The hash FNV-1a, whose result is specified.
fn fnv1a(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// A name in quotation marks.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in quotation marks.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Order;

    impl CacheEntity for Order {
        type Id = i64;
        const ENTITY: &'static str = "o'rder";
        const COLLECTION: Option<&'static str> = Some("orders");
        const TABLE: Option<&'static str> = Some("app.Orders \"2\"");
        const ID_COLUMN: Option<&'static str> = Some("order id");
    }

    struct Unknown;

    impl CacheEntity for Unknown {
        type Id = i64;
        const ENTITY: &'static str = "unknown";
    }

    #[test]
    fn each_entity_and_each_table_has_triggers_of_its_own() {
        let order = triggers::<Order>().unwrap();
        let names = [
            order.clone(),
            Triggers { entity: "order-card".to_owned(), ..order.clone() },
            Triggers { table: "app_Orders \"2\"", ..order.clone() },
            order.clone().outbox_schema("app"),
        ]
        .map(|triggers| triggers.name());
        assert_eq!(names.iter().collect::<std::collections::HashSet<_>>().len(), 4, "{names:?}");
        assert!(names.iter().all(|name| name.len() <= 63 - "_truncate".len()), "{names:?}");
        assert_eq!(order.name(), triggers::<Order>().unwrap().name());
    }

    #[test]
    fn names_and_texts_are_quoted() {
        let sql = triggers::<Order>().unwrap().to_string();
        assert!(sql.contains("on \"app\".\"Orders \"\"2\"\"\""), "{sql}");
        assert!(sql.contains("'o''rder' || ':'"), "{sql}");
        assert!(sql.contains("\"order id\"::text"), "{sql}");
    }

    #[test]
    fn an_entity_that_does_not_say_its_table_is_told_how() {
        let error = triggers::<Unknown>().unwrap_err();
        assert_eq!((error.kind(), error.entity()), (DbErrorKind::NoTable, Some("unknown")));
        assert!(error.to_string().contains("#[hydracache(table = \"users\")]"), "{error}");
        let error = triggers::<Order>().unwrap().with_tenant().unwrap_err();
        assert_eq!(error.kind(), DbErrorKind::NoTable);
    }
}
