//! SeaORM: cached reads by its own queries, and transactions that know what they invalidate.
//!
//! # Why
//!
//! A query of SeaORM already says which rows it is about: its statement tells one read from another, and its entity names the
//! table whose writes make the result wrong. So `.cached(&cache)` in front of `.one(&db)` or `.all(&db)` is all that has to be
//! written, and forgetting a key or the tag of a table is not possible. Inside of a transaction a read may see rows that are
//! never committed, so the cache is left out there.
//!
//! Models are cached as models, not as rows: they need `Clone`, `serde::Serialize` and `serde::Deserialize`, which SeaORM's own
//! derive leaves to the program.
//!
//! # How
//!
//! - [`SeaOrmSelect`] puts `.cached(&cache)` on `Select<E>`, and on what `find_also_related` and `find_both_related` make of it;
//!   [`CachedSelect`] says which key and which tags such a read has.
//! - [`SeaOrmQueryExt`] adds `sea_one`, `sea_optional` and `sea_all`, which load by any async code, to the reads that
//!   [`DbCache`] makes.
//! - [`DbCache::begin`] on a `DatabaseConnection` begins a transaction with a list of what its commit makes invalid.
//!   [`invalidates_row`](crate::DbTransaction::invalidates_row) adds a row of a table to the list.
//!
//! Reads through one [`DbCache`] must be reads of one database: keys and tags name tables, not servers.
//!
//! ```
//! use hydracache_db::sea_orm::{SeaOrmCache, SeaOrmSelect, sea_orm};
//! use hydracache_runtime::HydraCache;
//! use sea_orm::entity::prelude::*;
//! use sea_orm::{ActiveValue::Set, QueryOrder};
//!
//! mod users {
//!     # use hydracache_db::sea_orm::sea_orm;
//!     use sea_orm::entity::prelude::*;
//!     use serde::{Deserialize, Serialize};
//!
//!     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
//!     #[sea_orm(table_name = "users")]
//!     pub struct Model {
//!         #[sea_orm(primary_key)]
//!         pub id: i64,
//!         pub name: String,
//!     }
//!
//!     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
//!     pub enum Relation {}
//!
//!     impl ActiveModelBehavior for ActiveModel {}
//! }
//! use users::Entity as Users;
//!
//! # async fn example(db: sea_orm::DatabaseConnection) -> hydracache_db::Result<()> {
//! let cache = SeaOrmCache::new(HydraCache::local().build(), "shop");
//! let ada = Users::find_by_id(42).cached(&cache).one(&db).await?;
//! let all = Users::find().order_by_asc(users::Column::Name).cached(&cache).all(&db).await?;
//!
//! let mut tx = cache.begin(&db).await?;
//! let renamed = users::ActiveModel { id: Set(42), name: Set("Grace".to_owned()) };
//! Users::update(renamed).exec(&*tx).await?;
//! tx.invalidates_row::<Users>(42);
//! // Commits, and only then invalidates: both reads above load again.
//! tx.commit().await?;
//! # let _ = (ada, all);
//! # Ok(())
//! # }
//! ```

mod cached;
mod errors;
mod into;
mod query_ext;
mod row;
mod select;
mod source;
mod statement;
mod transaction;

pub use ::sea_orm;

pub use self::cached::CachedSelect;
pub use self::query_ext::SeaOrmQueryExt;
pub use self::select::SeaOrmSelect;
pub use self::source::SeaOrmSource;
pub use crate::{
    CacheEntity, DbCache, DbError, DbErrorKind, DbQuery, DbTransaction, HydraCacheEntity,
    PreparedQueryPolicy, QueryCachePolicy, RefreshPolicy, Result,
};

pub(crate) use self::errors::kind_of;

/// A cache for the results of one database, as it is called beside SeaORM.
pub type SeaOrmCache = DbCache;

/// A future whose type is not named.
type Boxed<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;
