//! How tags are named.

use hydracache_runtime::CacheEntity;
use hydracache_runtime::Tag;

/// The tag of lists of a collection, which writes of a single entity invalidate. `%` followed by a letter never begins a
/// segment, so no tag of a user's entity is taken for it.
pub(crate) fn list_tag(collection: &str) -> Tag {
    Tag::from(format!("%list:{collection}"))
}

/// What a write of one entity makes invalid: the entity, and the lists it may stand in.
pub(crate) fn tags_of_write<E: CacheEntity>(id: &E::Id) -> impl Iterator<Item = Tag> + use<E> {
    let lists = E::collection_tag().map(|collection| list_tag(&collection));
    std::iter::once(Tag::from(E::entity_tag(id))).chain(lists)
}
