//! What expressions in an attribute can be: bounds that exist for what they say when they do not hold.

use std::rc::Rc;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use crate::cache::HydraCache;
use crate::tag::Tag;

/// An expression in the place of a tag.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tag",
    label = "this is not a tag",
    note = "a tag is a text or a `hydracache::Tag`; a template writes a value into one, as in `\"user:{{id}}\"`"
)]
pub trait GivenTag: Into<Tag> {}

#[diagnostic::do_not_recommend]
impl<T: Into<Tag>> GivenTag for T {}

/// What a closure in the place of tags returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of tags",
    label = "this does not return a list of tags",
    note = "a list of tags is an array, a `Vec` or another iterator of texts or of `hydracache::Tag`, as in \
            `tags = |team| [format!(\"team:{{}}\", team.id)]`"
)]
pub trait GivenTags {
    /// The tags.
    fn tags(self) -> impl Iterator<Item = Tag>;
}

#[diagnostic::do_not_recommend]
impl<I: IntoIterator<Item: Into<Tag>>> GivenTags for I {
    fn tags(self) -> impl Iterator<Item = Tag> {
        self.into_iter().map(Into::into)
    }
}

/// What a closure in the place of a time to live returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a time to live",
    label = "this is not a time to live",
    note = "a time to live is a `std::time::Duration`, or an `Option` of one, where `None` lets the entry live until \
            it is invalidated or evicted"
)]
pub trait GivenTtl: Into<Option<Duration>> {}

#[diagnostic::do_not_recommend]
impl<T: Into<Option<Duration>>> GivenTtl for T {}

/// An expression in the place of a cache.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a cache",
    label = "this is not a cache",
    note = "`cache` takes the name of a cache, as in `cache = \"sessions\"`, or an expression that is a \
            `hydracache::HydraCache` or points to one"
)]
pub trait GivenCache {
    /// The cache.
    fn cache(&self) -> &HydraCache;
}

impl GivenCache for HydraCache {
    fn cache(&self) -> &HydraCache {
        self
    }
}

macro_rules! pointers {
    ($($pointer:ty),*) => {$(
        impl<T: GivenCache> GivenCache for $pointer {
            fn cache(&self) -> &HydraCache {
                (**self).cache()
            }
        }
    )*};
}
pointers!(&T, &mut T, Box<T>, Rc<T>, Arc<T>, LazyLock<T>);

/// The tag that an expression is.
pub fn tag_of(given: impl GivenTag) -> Tag {
    given.into()
}

/// The cache that an expression is.
pub fn cache_of(given: &impl GivenCache) -> &HydraCache {
    given.cache()
}
