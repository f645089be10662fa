//! The queries of SeaORM that can be read through a cache.

use ::sea_orm::sea_query::SelectStatement;
use ::sea_orm::{
    EntityTrait, QuerySelect, QueryTrait, Select, SelectModel, SelectTwo, SelectTwoModel, SelectTwoRequired,
    SelectTwoRequiredModel, SelectorTrait, Statement, Value,
};

use super::cached::CachedSelect;
use super::row;
use crate::cache::DbCache;
use crate::policy::QueryCachePolicy;

/// A query of SeaORM that can be read through a cache: `Select<E>`, and what `find_also_related` and `find_both_related` make
/// of it.
///
/// The rows are cached as what SeaORM makes of them, so models need `Clone`, `serde::Serialize` and `serde::Deserialize`. A model
/// without them is refused where the read is run.
///
/// Ask for another type of row, as `into_model` does, after [`cached`](Self::cached): see [`CachedSelect::into_model`]. What
/// is no single statement, such as `find_with_related` or a `Paginator`, is read with
/// [`sea_all`](super::SeaOrmQueryExt::sea_all).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no query of SeaORM that can be read through a cache",
    label = "not a `Select`, a `SelectTwo` or a `SelectTwoRequired`",
    note = "say `.cached(&cache)` before `.into_model()`, `.into_tuple()` or `.paginate()`; for anything else there is \
            `cache.cached::<T>().key(..).sea_all(|| ..)`"
)]
pub trait SeaOrmSelect:
    QueryTrait<QueryStatement = SelectStatement> + QuerySelect<QueryStatement = SelectStatement>
{
    /// How SeaORM makes values of the rows.
    type Rows: SelectorTrait + 'static;

    /// The names of the tables whose rows the query returns.
    #[doc(hidden)]
    fn tables() -> Vec<&'static str>;

    /// The primary key of the row that a statement finds, if it is the one that `find_by_id` makes.
    #[doc(hidden)]
    fn id_of(statement: &Statement) -> Option<Vec<Value>> {
        let _ = statement;
        None
    }

    /// Reads the query through a cache; [`CachedSelect`] says how it is known there and what invalidates it.
    fn cached(self, cache: &DbCache) -> CachedSelect<Self, Self::Rows> {
        self.cached_with(cache, QueryCachePolicy::new())
    }

    /// As [`cached`](Self::cached), as a policy says. Its tags are added to those the query has of itself, and its key, if it
    /// has one, takes the place of the query's own.
    fn cached_with(self, cache: &DbCache, policy: QueryCachePolicy) -> CachedSelect<Self, Self::Rows> {
        CachedSelect::new(self, cache, policy)
    }
}

impl<E: EntityTrait> SeaOrmSelect for Select<E>
where
    E::Model: 'static,
{
    type Rows = SelectModel<E::Model>;

    fn tables() -> Vec<&'static str> {
        vec![E::default().table_name()]
    }

    fn id_of(statement: &Statement) -> Option<Vec<Value>> {
        row::id_of_statement::<E>(statement)
    }
}

impl<E: EntityTrait, F: EntityTrait> SeaOrmSelect for SelectTwo<E, F>
where
    E::Model: 'static,
    F::Model: 'static,
{
    type Rows = SelectTwoModel<E::Model, F::Model>;

    fn tables() -> Vec<&'static str> {
        vec![E::default().table_name(), F::default().table_name()]
    }
}

impl<E: EntityTrait, F: EntityTrait> SeaOrmSelect for SelectTwoRequired<E, F>
where
    E::Model: 'static,
    F::Model: 'static,
{
    type Rows = SelectTwoRequiredModel<E::Model, F::Model>;

    fn tables() -> Vec<&'static str> {
        vec![E::default().table_name(), F::default().table_name()]
    }
}
