//! A cache whose keys and tags begin with a namespace.

use std::sync::Arc;

use hydracache_runtime::{
    Applied, CacheEntity, CacheInvalidation, CacheValue, HydraCache, KeySegment, Tag, TypedCache,
};

use crate::many::DbMany;
use crate::naming::tags_of_write;
use crate::policy::QueryCachePolicy;
use crate::prepared::{PreparedQuery, PreparedQueryPolicy};
use crate::query::DbQuery;

/// A namespace of a cache for the results of one database or repository.
///
/// Keys are `namespace:key`, and tags belong to the namespace as well, so that two of them over one cache never invalidate
/// each other by accident. [`global_tag`](DbQuery::global_tag) reaches across on purpose. Cloning gives another handle to the
/// same.
#[derive(Debug, Clone)]
pub struct DbCache {
    view: TypedCache<()>,
    /// What tags begin with.
    prefix: Arc<str>,
    pub(crate) outbox: bool,
}

impl DbCache {
    /// The part of `cache` that is called `namespace`.
    pub fn new(cache: HydraCache, namespace: impl AsRef<str>) -> Self {
        let prefix = format!("{}:", Tag::entity("db", namespace.as_ref())).into();
        Self { view: cache.typed(namespace), prefix, outbox: false }
    }

    /// Lets transactions that are begun with this cache write what they make invalid into the table `hydracache_outbox`
    /// as well, before they commit; see the module [`outbox`](crate::outbox).
    #[must_use = "it is this handle that writes"]
    pub fn with_outbox(mut self) -> Self {
        self.outbox = true;
        self
    }

    /// The namespace, as it was given.
    pub fn namespace(&self) -> &str {
        self.view.namespace()
    }

    /// The cache it is a part of.
    pub fn cache(&self) -> &HydraCache {
        self.view.cache()
    }

    /// A result about which nothing is said yet; it needs a [`key`](DbQuery::key).
    pub fn cached<T: CacheValue>(&self) -> DbQuery<T> {
        self.cached_with(QueryCachePolicy::new())
    }

    /// As [`cached`](Self::cached), with a name for errors and logs.
    pub fn named<T: CacheValue>(&self, name: impl Into<std::borrow::Cow<'static, str>>) -> DbQuery<T> {
        self.cached_with(QueryCachePolicy::named(name))
    }

    /// A result that is cached as a policy says.
    pub fn cached_with<T: CacheValue>(&self, policy: QueryCachePolicy) -> DbQuery<T> {
        DbQuery::new(self, policy)
    }

    /// The result that belongs to one entity: key and tag are `name:id`.
    pub fn entity<T: CacheValue>(&self, name: &str, id: impl KeySegment) -> DbQuery<T> {
        self.cached_with(QueryCachePolicy::new().entity(name, id))
    }

    /// The result that is one entity of a type that says what its keys and tags are.
    pub fn for_entity<T: CacheEntity + CacheValue>(&self, id: T::Id) -> DbQuery<T>
    where
        T::Id: Sized,
    {
        self.cached_with(QueryCachePolicy::new().for_cache_entity::<T>(id))
    }

    /// Many entities of a type at once; what is not cached is read together.
    pub fn for_entities<T: CacheEntity + CacheValue>(
        &self,
        ids: impl IntoIterator<Item = T::Id>,
    ) -> DbMany<T, T::Id>
    where
        T::Id: Sized,
    {
        self.prepare(PreparedQueryPolicy::new().cache_entity::<T>()).ids(ids)
    }

    /// The result that is the whole collection of an entity: the list of all of them.
    ///
    /// A list that is a part of it, or sorted or paged, needs a key of its own. Writes of any of its entities invalidate it all the
    /// same:
    ///
    /// ```
    /// # use hydracache_db::{CacheEntity, DbCache, HydraCache};
    /// # #[derive(Clone, serde::Serialize, serde::Deserialize)]
    /// # struct User;
    /// # impl CacheEntity for User {
    /// #     type Id = i64;
    /// #     const ENTITY: &'static str = "user";
    /// #     const COLLECTION: Option<&'static str> = Some("users");
    /// # }
    /// # fn example(users: DbCache, team: i64) {
    /// let all = users.for_collection::<User>();
    /// let of_team = users.for_collection::<User>().key(format!("users:of:{team}"));
    /// # let _ = (all, of_team);
    /// # }
    /// ```
    ///
    /// An entity that names no collection is refused when the program is compiled.
    pub fn for_collection<T: CacheEntity + CacheValue>(&self) -> DbQuery<T> {
        const {
            assert!(
                T::COLLECTION.is_some(),
                "the entity names no collection: add `#[hydracache(collection = \"users\")]` to it"
            );
        }
        self.collection(&T::collection_tag().unwrap_or_default())
    }

    /// The result that is a whole collection: key and tag are its name. As [`for_collection`](Self::for_collection), by the name.
    pub fn collection<T: CacheValue>(&self, name: &str) -> DbQuery<T> {
        self.cached_with(QueryCachePolicy::new().collection(name))
    }

    /// Does all that can be done before an id is known, for a read that is made often.
    pub fn prepare<T: CacheValue>(&self, policy: PreparedQueryPolicy) -> PreparedQuery<T> {
        PreparedQuery::new(self, policy)
    }

    /// Takes out the result of a key of the namespace. `true` if a read would have found it.
    pub fn invalidate_key(&self, key: impl AsRef<str>) -> Applied<bool> {
        self.view.invalidate_key(key)
    }

    /// Invalidates the results of this namespace that carry a tag, in constant time.
    pub fn invalidate_tag(&self, tag: impl AsRef<str>) -> Applied {
        self.cache().invalidate_tag(self.tag(tag.as_ref()))
    }

    /// Invalidates the results of this namespace that carry one of these tags, each in constant time.
    pub fn invalidate_tags<I>(&self, tags: I) -> Applied
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        self.cache().invalidate_tags(tags.into_iter().map(|tag| self.tag(tag.as_ref())))
    }

    /// Invalidates what is cached of one entity, and the lists of its collection, in constant time. Other entities of the
    /// collection stay.
    pub fn invalidate_entity<E: CacheEntity>(&self, id: E::Id) -> Applied
    where
        E::Id: Sized,
    {
        self.invalidate_tags(tags_of_write::<E>(&id))
    }

    /// As [`invalidate_entity`](Self::invalidate_entity), for an entity without a type of its own: what carries the tag
    /// `name:id`.
    pub fn invalidate_entity_named(&self, name: &str, id: impl KeySegment) -> Applied {
        self.invalidate_tag(Tag::entity(name, id))
    }

    /// Invalidates everything of a collection: its lists, and each entity that carries its tag; in constant time.
    pub fn invalidate_collection(&self, name: &str) -> Applied {
        self.invalidate_tag(name)
    }

    /// Invalidates the whole namespace, in constant time.
    pub fn clear(&self) -> Applied {
        self.view.clear()
    }

    /// A tag inside the namespace.
    pub(crate) fn tag(&self, tag: &str) -> Tag {
        Tag::from(format!("{}{tag}", self.prefix))
    }

    /// A key of the namespace, as the cache knows it.
    pub(crate) fn full_key(&self, key: &str) -> String {
        format!(
            "{}:{key}",
            hydracache_runtime::CacheKeyBuilder::new().segment(self.namespace()).build_string()
        )
    }

    /// The values of one type in the namespace.
    pub(crate) fn view<V: CacheValue>(&self) -> TypedCache<V> {
        self.view.retyped()
    }

    /// What invalidating a tag of the namespace is, as it is told to others.
    pub(crate) fn stale_tag(&self, tag: &str) -> CacheInvalidation {
        CacheInvalidation::Tag(self.tag(tag).to_string())
    }

    /// What invalidating a key of the namespace is, as it is told to others.
    pub(crate) fn stale_key(&self, key: &str) -> CacheInvalidation {
        CacheInvalidation::Key(self.full_key(key))
    }

    /// What invalidating the namespace is, as it is told to others.
    pub(crate) fn stale_namespace(&self) -> CacheInvalidation {
        CacheInvalidation::Namespace(
            hydracache_runtime::CacheKeyBuilder::new().segment(self.namespace()).build_string(),
        )
    }
}
