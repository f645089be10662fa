//! Entities: types whose entries are known by an id, as `#[derive(HydraCacheEntity)]` submits them.

use std::fmt;

use crate::key::{CacheKey, CacheKeyBuilder, KeySegment};
use crate::place::place_in_source;
use crate::tag::TagSet;

/// A type whose values are cached by an id: what its keys and tags are.
///
/// `#[derive(HydraCacheEntity)]` implements it; an implementation by hand needs the two constants and the two types.
/// Keys and tags have the form `entity:id`, as segments of a key are written.
///
/// ```
/// use hydracache_runtime::CacheEntity;
///
/// struct User {
///     id: i64,
/// }
///
/// impl CacheEntity for User {
///     type Id = i64;
///     const ENTITY: &'static str = "user";
///     const COLLECTION: Option<&'static str> = Some("users");
/// }
///
/// assert_eq!(User::entity_tag(&42), "user:42");
/// assert_eq!(User::collection_tag(), Some("users".to_owned()));
/// # let _ = User { id: 1 }.id;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an entity",
    label = "its keys and tags are not known",
    note = "derive it: `#[derive(HydraCacheEntity)]` with `#[hydracache(entity = \"user\")]`, and `#[hydracache(id)]` on the field that is its id"
)]
pub trait CacheEntity {
    /// What tells the values apart.
    type Id: KeySegment + ?Sized;

    /// The name of the entity: what its keys and tags begin with.
    const ENTITY: &'static str;

    /// The tag that all entries of the entity carry.
    const COLLECTION: Option<&'static str> = None;

    /// The table of the database that holds the values.
    const TABLE: Option<&'static str> = None;

    /// The column of that table which holds the id.
    const ID_COLUMN: Option<&'static str> = None;

    /// The column of that table which holds the tenant.
    const TENANT_COLUMN: Option<&'static str> = None;

    /// The key of the value with that id.
    fn entity_key(id: &Self::Id) -> CacheKey {
        CacheKeyBuilder::new().segment(Self::ENTITY).segment(id).build()
    }

    /// The tag of the value with that id.
    fn entity_tag(id: &Self::Id) -> String {
        Self::entity_key(id).as_str().to_owned()
    }

    /// The tag of all values, where there is one.
    fn collection_tag() -> Option<String> {
        Self::COLLECTION.map(|collection| CacheKeyBuilder::new().segment(collection).build_string())
    }

    /// The id of this value, where the type knows it.
    fn cache_id(&self) -> Option<&Self::Id> {
        None
    }

    /// The tags of this value: those of its id, of its collection, and what a derive adds.
    fn cache_tags(&self) -> TagSet {
        entity_tags(self)
    }
}

/// The tags that every entity has.
#[doc(hidden)]
pub fn entity_tags<T: CacheEntity + ?Sized>(entity: &T) -> TagSet {
    let of_id = entity.cache_id().map(T::entity_tag);
    of_id.into_iter().chain(T::collection_tag()).fold(TagSet::new(), TagSet::tag)
}

/// What a derive knows of an entity.
///
/// ```
/// use hydracache_runtime::Registry;
///
/// for entity in Registry::of_this_program().entities() {
///     println!("{entity} is {}", entity.type_name());
/// }
/// ```
#[derive(Debug)]
pub struct EntityDescriptor {
    facts: EntityFacts,
}

/// The facts that a derive writes down.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct EntityFacts {
    pub entity: &'static str,
    pub collection: Option<&'static str>,
    pub id_field: Option<&'static str>,
    pub id_type: &'static str,
    pub tenant_field: Option<&'static str>,
    pub table: Option<&'static str>,
    pub id_column: Option<&'static str>,
    pub tenant_column: Option<&'static str>,
    pub tags: &'static [&'static str],
    pub type_name: &'static str,
    pub package: &'static str,
    pub module: &'static str,
    pub file: &'static str,
    pub line: u32,
}

inventory::collect!(EntityDescriptor);

impl EntityDescriptor {
    #[doc(hidden)]
    pub const fn new(facts: EntityFacts) -> Self {
        Self { facts }
    }

    /// The name of the entity: what its keys and tags begin with.
    pub fn entity(&self) -> &'static str {
        self.facts.entity
    }

    /// The tag that all entries of the entity carry.
    pub fn collection(&self) -> Option<&'static str> {
        self.facts.collection
    }

    /// The field that is the id, where one is marked.
    pub fn id_field(&self) -> Option<&'static str> {
        self.facts.id_field
    }

    /// The type of the id, as it is written.
    pub fn id_type(&self) -> &'static str {
        self.facts.id_type
    }

    /// The field that names the tenant, where one is marked.
    pub fn tenant_field(&self) -> Option<&'static str> {
        self.facts.tenant_field
    }

    /// The table of the database that holds the values, where it is said.
    pub fn table(&self) -> Option<&'static str> {
        self.facts.table
    }

    /// The column that holds the id: the one that is said, or the name of the field that is marked.
    pub fn id_column(&self) -> Option<&'static str> {
        self.facts.id_column
    }

    /// The column that holds the tenant, likewise.
    pub fn tenant_column(&self) -> Option<&'static str> {
        self.facts.tenant_column
    }

    /// More tags, as they are written.
    pub fn tags(&self) -> &'static [&'static str] {
        self.facts.tags
    }

    /// The name of the type, as it is written.
    pub fn type_name(&self) -> &'static str {
        self.facts.type_name
    }

    place_in_source!("type", "derive");
}

impl fmt::Display for EntityDescriptor {
    /// Name and place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({}:{})", self.facts.entity, self.facts.file, self.facts.line)
    }
}
