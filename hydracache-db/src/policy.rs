//! Which result a read is, and how it is cached: said once, used for one read.

use hydracache_runtime::{CacheEntity, CacheKey, KeySegment, Tag};

use crate::naming::list_tag;
use crate::terms::{Terms, preset_methods, terms_methods};

/// How one result is cached: its key, its tags, its times.
///
/// It is not bound to a cache, so a repository can keep it, pass it on, or build it with
/// [`query_cache_policy!`](crate::query_cache_policy). [`DbCache::cached_with`](crate::DbCache::cached_with) makes a read of it.
///
/// ```
/// use std::time::Duration;
/// use hydracache_db::{DbCache, QueryCachePolicy};
/// use hydracache_runtime::HydraCache;
///
/// # async fn example() -> hydracache_db::Result<()> {
/// let queries = DbCache::new(HydraCache::local().build(), "db");
/// let policy = QueryCachePolicy::read_mostly()
///     .entity("user", 42)
///     .with_name("load-user")
///     .ttl(Duration::from_secs(60));
/// let name = queries
///     .cached_with::<String>(policy)
///     .load(|| async { Ok::<_, std::io::Error>("Ada".to_owned()) })
///     .await?;
/// assert_eq!(name, "Ada");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a policy does nothing until something is read with it"]
pub struct QueryCachePolicy {
    pub(crate) terms: Terms,
    pub(crate) key: Option<String>,
    /// The entity or collection, for errors.
    pub(crate) subject: Option<String>,
}

impl QueryCachePolicy {
    preset_methods!();
    terms_methods!();

    fn terms_mut(&mut self) -> &mut Terms {
        &mut self.terms
    }

    /// The result is one entity: key and tag are `name:id`.
    pub fn entity(self, name: &str, id: impl KeySegment) -> Self {
        let text = Tag::entity(name, id);
        self.about(name).key(text.as_str()).tag(text)
    }

    /// The result is one entity of a type that says what its keys and tags are, its collection among them. A value of
    /// that type adds the tags that it says itself, such as that of its tenant.
    pub fn for_cache_entity<E: CacheEntity + 'static>(mut self, id: E::Id) -> Self
    where
        E::Id: Sized,
    {
        self.terms.tagged_by::<E>();
        let key: CacheKey = E::entity_key(&id);
        self.about(E::ENTITY).key(key.as_str()).tag(key.as_str()).tags(E::collection_tag())
    }

    /// The result is a whole collection: key and tag are its name. Writes of an entity of the collection invalidate it.
    pub fn collection(self, name: &str) -> Self {
        self.about(name).key(name).tag(name).tag(list_tag(name))
    }

    /// The key of the result in the namespace.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Lets a value of an entity's type add the tags that it says itself: then whatever was found by another key than its
    /// id, such as a name, is invalidated with the entity all the same.
    ///
    /// ```
    /// use hydracache_db::{CacheEntity, QueryCachePolicy};
    ///
    /// #[derive(Clone)]
    /// struct User {
    ///     id: i64,
    /// }
    ///
    /// impl CacheEntity for User {
    ///     type Id = i64;
    ///     const ENTITY: &'static str = "user";
    ///
    ///     fn cache_id(&self) -> Option<&i64> {
    ///         Some(&self.id)
    ///     }
    /// }
    ///
    /// let by_name = QueryCachePolicy::new().key("user-by-name:ada").tagged_by::<User>();
    /// # let _ = by_name;
    /// ```
    pub fn tagged_by<E: CacheEntity + 'static>(mut self) -> Self {
        self.terms.tagged_by::<E>();
        self
    }

    fn about(mut self, subject: &str) -> Self {
        self.subject = Some(subject.to_owned());
        self
    }
}
