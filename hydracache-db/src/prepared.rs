//! Reads that are made often: all that can be said before an id is known is said once.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use hydracache_runtime::db_support::{Begun, KeyBuf, LookAtValue, Request, begin, hit};
use hydracache_runtime::{CacheEntity, CacheOptions, CacheResult, CacheValue, KeySegment, Tag, TypedCache};

use crate::cache::DbCache;
use crate::error::{Context, DbError, DbErrorKind, Result};
use crate::many::DbMany;
use crate::policy::QueryCachePolicy;
use crate::query::{DbQuery, existing};
use crate::terms::{Terms, preset_methods, terms_methods};

/// How the results of many ids are cached: everything but the id.
///
/// [`DbCache::prepare`](crate::DbCache::prepare) binds it to a cache.
///
/// ```
/// use hydracache_db::PreparedQueryPolicy;
///
/// let policy = PreparedQueryPolicy::per_entity().entity("user").collection_tag("users").with_name("load-user");
/// # let _ = policy;
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a policy does nothing until something is prepared with it"]
pub struct PreparedQueryPolicy {
    terms: Terms,
    entity: Option<String>,
}

impl PreparedQueryPolicy {
    preset_methods!();
    terms_methods!();

    fn terms_mut(&mut self) -> &mut Terms {
        &mut self.terms
    }

    /// The results are entities of this name: key and tag of each are `name:id`.
    pub fn entity(mut self, name: impl Into<String>) -> Self {
        self.entity = Some(name.into());
        self
    }

    /// The results are entities of a type that says what its keys and tags are, its collection among them.
    pub fn cache_entity<E: CacheEntity + 'static>(mut self) -> Self {
        self.terms.tagged_by::<E>();
        self.entity(E::ENTITY).tags(E::collection_tag())
    }
}

/// A read of which only the id is missing.
///
/// A hit by [`load_id`](Self::load_id) allocates nothing but what cloning the value does.
///
/// ```
/// use hydracache_db::{DbCache, PreparedQueryPolicy};
/// use hydracache_runtime::HydraCache;
///
/// # async fn example() -> hydracache_db::Result<()> {
/// let queries = DbCache::new(HydraCache::local().build(), "db");
/// let load_user = queries.prepare::<String>(PreparedQueryPolicy::per_entity().entity("user"));
/// let name = load_user.load_id(42, || async { Ok::<_, std::io::Error>("Ada".to_owned()) }).await?;
/// assert_eq!(name, "Ada");
/// queries.invalidate_entity_named("user", 42).await?;
/// # Ok(())
/// # }
/// ```
pub struct PreparedQuery<T>(Arc<Prepared<T>>);

/// What all ids have in common.
struct Prepared<T> {
    db: DbCache,
    policy: PreparedQueryPolicy,
    view: TypedCache<Option<T>>,
    /// What keys begin with, up to the id, in the namespace.
    key_prefix: String,
    /// The same, in the cache.
    full_prefix: String,
    /// What the tags of ids begin with, up to the id; none where the results are no entities.
    tag_prefix: Option<String>,
    options: CacheOptions,
    look: LookAtValue<Option<T>>,
}

impl<T> Clone for PreparedQuery<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for PreparedQuery<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedQuery")
            .field("db", &self.0.db)
            .field("policy", &self.0.policy)
            .finish_non_exhaustive()
    }
}

impl<T: CacheValue> PreparedQuery<T> {
    pub(crate) fn new(db: &DbCache, policy: PreparedQueryPolicy) -> Self {
        let mut key = KeyBuf::new();
        if let Some(entity) = &policy.entity {
            key.push_segment(entity.as_str());
            key.push_raw(":");
        }
        let key_prefix = key.as_str().to_owned();
        let tag_prefix = policy.entity.is_some().then(|| db.tag(&key_prefix).to_string());
        Self(Arc::new(Prepared {
            view: db.view(),
            options: policy.terms.options_in(db),
            look: policy.terms.look_at_row(db),
            db: db.clone(),
            policy,
            full_prefix: db.full_key(&key_prefix),
            key_prefix,
            tag_prefix,
        }))
    }

    /// The ordinary read of one id, for the methods of adapters, as in `find.id(42).sqlx_optional(&pool, query)`. Unlike a hit of
    /// [`load_id`](Self::load_id) it allocates.
    pub fn id(&self, id: impl KeySegment) -> DbQuery<T> {
        let Prepared { db, policy: PreparedQueryPolicy { terms, entity }, .. } = &*self.0;
        let policy = QueryCachePolicy { terms: terms.clone(), key: None, subject: None };
        db.cached_with(match entity {
            Some(entity) => policy.entity(entity, id),
            // Without a key it is refused.
            None => policy,
        })
    }

    /// Many ids at once; what is not cached is read together.
    pub fn ids<I: KeySegment>(&self, ids: impl IntoIterator<Item = I>) -> DbMany<T, I> {
        DbMany::new(self, ids)
    }

    /// Returns the cached row of an id, or runs `load`, stores and returns its result; as [`DbQuery::load`].
    ///
    /// # Errors
    ///
    /// As [`DbQuery::load`]; [`NoKey`](DbErrorKind::NoKey) if the policy names no entity.
    pub fn load_id<I, E, F, Fut>(
        &self,
        id: I,
        load: F,
    ) -> impl Future<Output = Result<T>> + Send + use<'_, T, I, E, F, Fut>
    where
        I: KeySegment + Sync,
        E: Into<Box<dyn StdError + Send + Sync>>,
        F: FnOnce() -> Fut + Send,
        Fut: Future<Output = std::result::Result<T, E>> + Send + 'static,
    {
        let found = self.0.begin(&id, Option::is_some);
        // What has to wait is boxed, so that the future stays small for those who hit.
        let way = found.map_err(|begun| {
            let context = self.0.context("load_id", &id);
            let unnamed = self.unnamed("load_id");
            Box::pin(async move {
                if let Some(error) = unnamed {
                    return Err(error);
                }
                let load = || {
                    let loading = load();
                    async move { loading.await.map(Some) }
                };
                let row = match begun {
                    Ok(begun) => begun.load(load).await,
                    Err(error) => Err(error),
                };
                existing(row, context)
            })
        });
        async move {
            match way {
                Ok(Some(row)) => Ok(row),
                Ok(None) => unreachable!("only rows that exist are accepted"),
                Err(loading) => loading.await,
            }
        }
    }

    /// As [`load_id`](Self::load_id), for a row that may not exist; as [`DbQuery::load_optional`].
    ///
    /// # Errors
    ///
    /// As [`DbQuery::load_optional`].
    pub fn load_id_optional<I, E, F, Fut>(
        &self,
        id: I,
        load: F,
    ) -> impl Future<Output = Result<Option<T>>> + Send + use<'_, T, I, E, F, Fut>
    where
        I: KeySegment + Sync,
        E: Into<Box<dyn StdError + Send + Sync>>,
        F: FnOnce() -> Fut + Send,
        Fut: Future<Output = std::result::Result<Option<T>, E>> + Send + 'static,
    {
        let found = self.0.begin(&id, |_| true);
        let way = found.map_err(|begun| {
            let context = self.0.context("load_id_optional", &id);
            let unnamed = self.unnamed("load_id_optional");
            Box::pin(async move {
                if let Some(error) = unnamed {
                    return Err(error);
                }
                let row = match begun {
                    Ok(begun) => begun.load(load).await,
                    Err(error) => Err(error),
                };
                row.map_err(|error| DbError::of_cache(context, error))
            })
        });
        async move {
            match way {
                Ok(row) => Ok(row),
                Err(loading) => loading.await,
            }
        }
    }

    /// What is wrong with ids of nothing: those of two reads would share their entries.
    pub(crate) fn unnamed(&self, operation: &'static str) -> Option<DbError> {
        if self.0.policy.entity.is_some() {
            return None;
        }
        let message = "the prepared read does not say whose ids it is given; say `entity(\"user\")`, or `cache_entity::<User>()`";
        Some(DbError::new(DbErrorKind::NoKey, self.context_of_many(operation), message))
    }

    pub(crate) fn options(&self) -> &CacheOptions {
        &self.0.options
    }

    pub(crate) fn look(&self) -> &LookAtValue<Option<T>> {
        &self.0.look
    }

    pub(crate) fn view(&self) -> &TypedCache<Option<T>> {
        &self.0.view
    }

    /// The key of an id in the namespace, and the tag of its own.
    pub(crate) fn key_and_tag(&self, id: &impl KeySegment) -> (String, Option<Tag>) {
        (self.0.key(id).as_str().to_owned(), self.0.tag(id))
    }

    pub(crate) fn context_of_many(&self, operation: &'static str) -> Context {
        Context { key: None, ..self.0.context(operation, &"") }
    }
}

impl<T: CacheValue> Prepared<T> {
    #[inline]
    fn key(&self, id: &impl KeySegment) -> KeyBuf {
        let mut key = KeyBuf::new();
        key.push_raw(&self.key_prefix);
        key.push_segment(id);
        key
    }

    fn tag(&self, id: &impl KeySegment) -> Option<Tag> {
        let mut tag = KeyBuf::new();
        tag.push_raw(self.tag_prefix.as_ref()?);
        tag.push_segment(id);
        Some(Tag::from(tag.as_str()))
    }

    /// What is cached, or what to do where there is nothing.
    #[inline]
    #[allow(
        clippy::type_complexity,
        reason = "two results in one: what was found, and whether the cache can serve it"
    )]
    fn begin(
        &self,
        id: &(impl KeySegment + Sync),
        accepts: fn(&Option<T>) -> bool,
    ) -> std::result::Result<Option<T>, CacheResult<Box<Begun<Option<T>>>>> {
        let tag = || self.tag(id);
        let request = Request {
            options: &self.options,
            refresh: self.policy.terms.refresh.as_ref(),
            tag: Some(&tag),
            look: Some(&self.look),
            accepts,
            in_place: false,
        };
        let write = |key: &mut KeyBuf| {
            key.push_raw(&self.full_prefix);
            key.push_segment(id);
        };
        match hit(&self.view, write, &request) {
            Some(found) => Ok(found),
            None => Err(self.miss(id, &request)),
        }
    }

    /// Kept apart, so that what a hit runs is small.
    #[cold]
    fn miss(
        &self,
        id: &impl KeySegment,
        request: &Request<'_, Option<T>>,
    ) -> CacheResult<Box<Begun<Option<T>>>> {
        begin(&self.view, self.key(id).as_str(), request).map(Box::new)
    }

    fn context(&self, operation: &'static str, id: &impl KeySegment) -> Context {
        Context {
            operation: self.policy.terms.name.clone().unwrap_or(operation.into()),
            entity: self.policy.entity.clone(),
            key: Some(self.db.full_key(self.key(id).as_str())),
        }
    }
}
