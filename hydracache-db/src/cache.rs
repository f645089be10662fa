//! A cache whose keys and tags begin with a namespace.

use hydracache_runtime::{Applied, CacheValue, HydraCache, KeySegment, Tag, TypedCache};

use crate::query::DbQuery;

/// A namespace of a cache for the results of one database or repository.
#[derive(Debug, Clone)]
pub struct DbCache {
    cache: HydraCache,
    namespace: String,
}

impl DbCache {
    /// The part of `cache` that is called `namespace`.
    pub fn new(cache: HydraCache, namespace: impl Into<String>) -> Self {
        Self { cache, namespace: namespace.into() }
    }

    /// The namespace, as it was given.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The result that belongs to one entity: key and tag are `name:id`.
    pub fn entity<T: CacheValue>(&self, name: &str, id: impl KeySegment) -> DbQuery<T> {
        let text = Tag::entity(name, id).to_string();
        DbQuery::new(self, text.clone(), text)
    }

    /// The result that is a whole collection: key and tag are its name.
    pub fn collection<T: CacheValue>(&self, name: &str) -> DbQuery<T> {
        DbQuery::new(self, name.to_owned(), name.to_owned())
    }

    /// Invalidates the results that carry the tag of this entity, in constant time.
    pub fn invalidate_entity(&self, name: &str, id: impl KeySegment) -> Applied {
        self.invalidate_tag(Tag::entity(name, id))
    }

    /// Invalidates the results that carry the tag of this collection, in constant time.
    pub fn invalidate_collection(&self, name: &str) -> Applied {
        self.invalidate_tag(name)
    }

    /// Invalidates the results of this namespace that carry a tag, in constant time.
    pub fn invalidate_tag(&self, tag: impl AsRef<str>) -> Applied {
        self.cache.invalidate_tag(self.tag(tag.as_ref()))
    }

    /// A tag inside the namespace.
    pub(crate) fn tag(&self, tag: &str) -> Tag {
        Tag::from(format!("{}:{tag}", Tag::entity("db", &self.namespace)))
    }

    pub(crate) fn view<T: CacheValue>(&self) -> TypedCache<T> {
        self.cache.typed(&self.namespace)
    }
}
