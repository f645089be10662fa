//! A query of SeaORM that is about to be read through a cache.

use std::any::type_name;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use ::sea_orm::{
    DbErr, EntityTrait, FromQueryResult, PartialModelTrait, QuerySelect, Select, SelectGetableTuple,
    SelectModel, SelectorTrait, Statement, TryGetableMany,
};
use hydracache_runtime::{CacheEntity, CacheResult, CacheValue, KeySegment, Tag};

use super::row::row_tag;
use super::select::SeaOrmSelect;
use super::source::{Fetch, On, Place, SeaOrmSource, all, first, required};
use super::statement::{Shape, key_of};
use crate::cache::DbCache;
use crate::error::{Context, DbError, Result};
use crate::naming::list_tag;
use crate::policy::QueryCachePolicy;
use crate::query::{DbQuery, Read, Whereabouts, existing};
use crate::terms::{Terms, terms_methods};

/// A query of SeaORM that is about to be read from a cache or from the database; made by
/// [`cached`](super::SeaOrmSelect::cached).
///
/// # Key
///
/// Unless [`key`](Self::key) says another, it is made of the statement that SeaORM builds for the database: of its text, its
/// values, whether the first row or all rows are asked for, and the type of row. So two different queries never share an entry,
/// and the same query is one entry wherever in a program it is written. It has the form `users:select:` and a SHA-256 digest.
/// A hit builds the statement, then; a read that must be quicker is a [`PreparedQuery`](crate::PreparedQuery) with
/// [`sea_one`](super::SeaOrmQueryExt::sea_one).
///
/// # Tags
///
/// | read | tags | made invalid by |
/// |---|---|---|
/// | any | the name of each table whose rows are returned | `invalidate_collection("users")` |
/// | `find_by_id(42)` with [`one`](Self::one) | `users:42` | `invalidate_row::<Users>(42)`, `invalidate_entity_named("users", 42)` |
/// | any other | that of lists of each table | `invalidate_row::<Users>(id)` of any id |
///
/// They belong to the namespace of the cache and name tables without their schema. `find_by_id` is recognised if nothing is
/// added to it; with a filter it is a read like any other. Tables that only stand in a `join`, a filter or a sub-query are not seen:
/// name them with [`collection_tag`](Self::collection_tag) where their writes change the result. [`tagged_by`](Self::tagged_by)
/// adds the tags of a type with [`CacheEntity`].
///
/// # Example
///
/// ```
/// # use hydracache_db::sea_orm::sea_orm;
/// use std::time::Duration;
/// use hydracache_db::sea_orm::{DbCache, Result, SeaOrmSelect};
/// use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter};
///
/// # mod airports {
/// #     use hydracache_db::sea_orm::sea_orm;
/// #     use sea_orm::entity::prelude::*;
/// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, serde::Serialize, serde::Deserialize)]
/// #     #[sea_orm(table_name = "airports")]
/// #     pub struct Model {
/// #         #[sea_orm(primary_key)]
/// #         pub id: i64,
/// #         pub country: String,
/// #     }
/// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
/// #     pub enum Relation {}
/// #     impl ActiveModelBehavior for ActiveModel {}
/// # }
/// async fn of_country(cache: &DbCache, db: &DatabaseConnection, country: &str) -> Result<Vec<airports::Model>> {
///     airports::Entity::find()
///         .filter(airports::Column::Country.eq(country))
///         .cached(cache)
///         .with_name("airports-of-country")
///         .ttl(Duration::from_secs(60))
///         .all(db)
///         .await
/// }
/// ```
#[must_use = "a query reads nothing until `one` or `all` runs it"]
pub struct CachedSelect<Q, S> {
    query: Q,
    db: DbCache,
    policy: QueryCachePolicy,
    entities: Vec<Names>,
    in_transaction: bool,
    rows: PhantomData<fn() -> S>,
}

/// What a type with [`CacheEntity`] is called.
#[derive(Debug, Clone)]
struct Names {
    entity: &'static str,
    collection: Option<String>,
}

impl<Q, S> fmt::Debug for CachedSelect<Q, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedSelect")
            .field("db", &self.db)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl<Q: SeaOrmSelect, S: SelectorTrait + 'static> CachedSelect<Q, S> {
    pub(super) fn new(query: Q, db: &DbCache, policy: QueryCachePolicy) -> Self {
        Self { query, db: db.clone(), policy, entities: Vec::new(), in_transaction: false, rows: PhantomData }
    }

    terms_methods!();

    fn terms_mut(&mut self) -> &mut Terms {
        &mut self.policy.terms
    }

    /// The key of the result in the namespace, in place of the one that is made of the statement.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.policy = self.policy.key(key);
        self
    }

    /// The result is one entity: its key is `name:id`, and that is one of its tags.
    pub fn entity(mut self, name: &str, id: impl KeySegment) -> Self {
        self.policy = self.policy.entity(name, id);
        self
    }

    /// The result is a whole collection: its key is the name, and that is one of its tags.
    pub fn collection(mut self, name: &str) -> Self {
        self.policy = self.policy.collection(name);
        self
    }

    /// The rows are, or belong to, entities of a type that says what its tags are: the result is invalidated with them as well
    /// as with the table.
    ///
    /// What `find_by_id` finds has the tag of the entity with that id, there or not, and the collection's; any other read those of
    /// the collection and of its lists, so that a write of any entity of it invalidates the read. A row that is itself of the
    /// type adds the tags that it says of its own, such as that of its tenant; a list does not.
    pub fn tagged_by<C: CacheEntity + 'static>(mut self) -> Self {
        self.policy = self.policy.tagged_by::<C>();
        self.entities.push(Names { entity: C::ENTITY, collection: C::collection_tag() });
        self
    }

    /// Uses the cache for a read inside of a transaction too, which otherwise bypasses it; as
    /// [`DbQuery::cached_in_transaction`].
    pub fn cached_in_transaction(mut self) -> Self {
        self.in_transaction = true;
        self
    }

    /// Returns the first row, or that there is none, which is remembered as well.
    ///
    /// # Errors
    ///
    /// What went wrong in the database, with SeaORM's `DbErr` as the source; it is not remembered.
    ///
    /// # Cancel safety
    ///
    /// On a connection the load goes on when its caller goes away. In a transaction it ends with its caller, and what it read is
    /// not stored.
    pub fn one<'c, D: SeaOrmSource<'c>>(
        self,
        db: D,
    ) -> impl Future<Output = Result<Option<S::Item>>> + Send + use<'c, Q, S, D>
    where
        S::Item: CacheValue,
    {
        let place = db.place();
        let (statement, read, through) = self.first(&place);
        async move {
            let (read, context) = read.row_or_none("one")?;
            told(run(place, read, through, statement, first::<S>).await, context)
        }
    }

    /// Returns the first row, which must exist.
    ///
    /// # Errors
    ///
    /// As [`one`](Self::one); [`NotFound`](crate::DbErrorKind::NotFound) if there is none. That is not remembered here, nor
    /// believed where [`one`](Self::one) remembered it: the database is asked.
    ///
    /// # Cancel safety
    ///
    /// As [`one`](Self::one).
    pub fn require_one<'c, D: SeaOrmSource<'c>>(
        self,
        db: D,
    ) -> impl Future<Output = Result<S::Item>> + Send + use<'c, Q, S, D>
    where
        S::Item: CacheValue,
    {
        let place = db.place();
        let (statement, read, through) = self.first(&place);
        async move {
            let (read, context) = read.row("require_one")?;
            existing(run(place, read, through, statement, required::<S>).await, context)
        }
    }

    /// Returns all rows; that there are none is remembered as well.
    ///
    /// # Errors
    ///
    /// As [`one`](Self::one).
    ///
    /// # Cancel safety
    ///
    /// As [`one`](Self::one).
    pub fn all<'c, D: SeaOrmSource<'c>>(
        self,
        db: D,
    ) -> impl Future<Output = Result<Vec<S::Item>>> + Send + use<'c, Q, S, D>
    where
        S::Item: CacheValue,
    {
        let place = db.place();
        let statement = self.query.build(place.backend());
        let (read, through) = self.settled(&statement, Shape::All);
        async move {
            let (read, context) = read.list("all")?;
            told(run(place, read, through, statement, all::<S>).await, context)
        }
    }

    /// The statement of the first row, and what is said of its result.
    fn first(mut self, place: &Place<'_>) -> (Statement, DbQuery<S::Item>, bool)
    where
        S::Item: CacheValue,
    {
        self.query = self.query.limit(1);
        let statement = self.query.build(place.backend());
        let (read, through) = self.settled(&statement, Shape::First);
        (statement, read, through)
    }

    /// What is said of the result of a statement.
    fn settled(self, statement: &Statement, shape: Shape) -> (DbQuery<S::Item>, bool)
    where
        S::Item: CacheValue,
    {
        let Self { db, mut policy, entities, in_transaction, .. } = self;
        let tables = Q::tables();
        let id = match shape {
            Shape::First => Q::id_of(statement),
            Shape::All => None,
        };
        if let Some(table) = tables.first() {
            policy.key.get_or_insert_with(|| key_of(table, statement, shape, type_name::<S::Item>()));
            policy.subject.get_or_insert_with(|| (*table).to_owned());
        }
        let of_tables = tables.into_iter().map(|table| (table, Some(Tag::from(table))));
        let of_entities =
            entities.into_iter().map(|Names { entity, collection }| (entity, collection.map(Tag::from)));
        for (name, collection) in of_tables.chain(of_entities) {
            match &id {
                Some(id) => policy = policy.tag(row_tag(name, id)),
                None => policy = policy.tags(collection.as_ref().map(|tag| list_tag(tag.as_str()))),
            }
            policy = policy.tags(collection);
        }
        let mut read = db.cached_with(policy);
        read.in_transaction = in_transaction;
        (read, in_transaction)
    }

    /// The same read, whose rows are made into values in another way.
    fn with_rows<R: SelectorTrait>(self, change: impl FnOnce(Q) -> Q) -> CachedSelect<Q, R> {
        let Self { query, db, policy, entities, in_transaction, .. } = self;
        CachedSelect { query: change(query), db, policy, entities, in_transaction, rows: PhantomData }
    }
}

impl<E: EntityTrait, S: SelectorTrait + 'static> CachedSelect<Select<E>, S>
where
    E::Model: 'static,
{
    /// Makes an `M` of each row, as `Select::into_model` does.
    pub fn into_model<M: FromQueryResult + 'static>(self) -> CachedSelect<Select<E>, SelectModel<M>> {
        self.with_rows(|query| query)
    }

    /// Makes an `M` of each row and asks for its columns alone, as `Select::into_partial_model` does.
    pub fn into_partial_model<M: PartialModelTrait + 'static>(
        self,
    ) -> CachedSelect<Select<E>, SelectModel<M>> {
        self.with_rows(|query| M::select_cols(QuerySelect::select_only(query)))
    }

    /// Makes a tuple of the columns of each row, as `Select::into_tuple` does.
    pub fn into_tuple<T: TryGetableMany + 'static>(self) -> CachedSelect<Select<E>, SelectGetableTuple<T>> {
        self.with_rows(|query| query)
    }
}

/// Reads through the cache where that may be.
async fn run<V: CacheValue>(
    place: Place<'_>,
    read: Read<V>,
    through: bool,
    statement: Statement,
    fetch: Fetch<V>,
) -> CacheResult<V> {
    match place {
        Place::Pool(pool) => {
            let load = || async move { fetch(&On::Pool(pool), statement).await };
            read.owned::<DbErr, _, _>(load).await
        }
        Place::Transaction(transaction, fills) => {
            let load = || async move { fetch(&On::Transaction(transaction), statement).await };
            let whereabouts = fills.map_or(Whereabouts::Foreign, Whereabouts::Ours);
            read.on_connection::<DbErr, _, _>(whereabouts, through, load).await
        }
    }
}

/// What a read returns, with what it was about.
fn told<V>(result: CacheResult<V>, context: Context) -> Result<V> {
    result.map_err(|error| DbError::of_cache(context, error))
}
