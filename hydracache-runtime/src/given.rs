//! What expressions in an attribute can be: bounds that exist for what they say when they do not hold.

use std::borrow::Borrow;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cache::HydraCache;
use crate::error::LoadError;
use crate::macro_support::Writing;
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

/// A value in which `none` can be told from the rest.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an `Option`",
    label = "`none` is about values that may not exist, and this one always does",
    note = "remove `none`, or return an `Option`"
)]
pub trait GivenOption {
    /// Whether there is nothing.
    fn is_none(&self) -> bool;
}

impl<T> GivenOption for Option<T> {
    fn is_none(&self) -> bool {
        self.is_none()
    }
}

/// Whether a value is a `None`.
pub fn is_none(value: &impl GivenOption) -> bool {
    value.is_none()
}

/// A receiver that can be made the load's own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept for a load in the background",
    label = "`refresh_ahead` and `stale_while_revalidate` load in the background, after the call has ended",
    note = "derive `Clone` for it, which may clone what is inside an `Arc`, or take `self: Arc<Self>`"
)]
pub trait GivenReceiver: Clone {}

#[diagnostic::do_not_recommend]
impl<T: Clone> GivenReceiver for T {}

/// The receiver as a load of its own needs it.
pub fn own_receiver<T: GivenReceiver>(this: &T) -> T {
    this.clone()
}

/// An argument that can be made the load's own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept for a load in the background",
    label = "`refresh_ahead` and `stale_while_revalidate` load in the background, after the call has ended",
    note = "what is passed by reference is taken to its owned form: derive `Clone`, or take it by value"
)]
pub trait GivenArgument {
    /// What owns it.
    type Owned: Borrow<Self>;

    /// The argument, owned.
    fn own(&self) -> Self::Owned;
}

#[diagnostic::do_not_recommend]
impl<T: ToOwned + ?Sized> GivenArgument for T {
    type Owned = T::Owned;

    fn own(&self) -> T::Owned {
        self.to_owned()
    }
}

/// An argument as a load of its own needs it.
pub fn own<T: GivenArgument + ?Sized>(borrowed: &T) -> impl Borrow<T> + use<T> {
    // Its type is not named, so that an argument without one is told of in the words above.
    borrowed.own()
}

/// An argument that a loader can be sent.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent to a loader",
    label = "with `loader` this argument is written as bytes and read back",
    note = "derive `serde::Serialize` and `serde::Deserialize` for it; or leave it out of the key, then the loader is given \
            what `RuntimeBuilder::provide` was given"
)]
pub trait GivenSent: Serialize + DeserializeOwned + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> GivenSent for T {}

/// An argument that every call of a loader is given a copy of.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given to every call of a loader",
    label = "it is no part of the key, so the loader takes it from `RuntimeBuilder::provide` and needs a copy for each call",
    note = "derive `Clone` for it, or take it as `&T` or `Arc<T>`"
)]
pub trait GivenProvided: Clone {}

#[diagnostic::do_not_recommend]
impl<T: Clone> GivenProvided for T {}

/// A copy of what was provided.
pub fn copy_of<T: GivenProvided>(provided: &T) -> T {
    provided.clone()
}

/// An argument that each of several calls is given a copy of.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given to several calls",
    label = "the function is called more than once, with this argument each time",
    note = "derive `Clone` for it, or take it as `&T` or `Arc<T>`"
)]
pub trait GivenAgain: Clone {}

#[diagnostic::do_not_recommend]
impl<T: Clone> GivenAgain for T {}

/// A copy for one more call.
pub fn again<T: GivenAgain>(argument: &T) -> T {
    argument.clone()
}

/// A return type of calls that can fail.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Result`",
    label = "`stale_on_error`, `errors` and `share_error` are about calls that fail, and this one cannot",
    note = "remove the key, or return a `Result`"
)]
pub trait GivenResult {}

impl<T, E> GivenResult for Result<T, E> {}

/// Asks for a return type of calls that can fail.
pub fn can_fail<R: GivenResult>() {}

/// A return type that is said to be a `Result`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Result`",
    label = "`returns = \"result\"` was said of this type",
    note = "remove `returns`, or say `returns = \"plain\"`"
)]
pub trait SaidResult {}

impl<T, E> SaidResult for Result<T, E> {}

/// Asks for what `returns` says.
pub fn is_result<R: SaidResult>() {}

/// What is stored as the result of a cached function.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what the cached function returns",
    label = "the cached function returns `{V}`",
    note = "what is stored stands after `=`, as in `get_user(user.id) = user`; without it that is what this function \
            returns, or what is in its `Ok`"
)]
pub trait GivenValue<V> {
    /// The value.
    fn value(self) -> V;
}

impl<V> GivenValue<V> for V {
    fn value(self) -> V {
        self
    }
}

/// The value that is stored by a write.
pub fn value_for<V>(_: &Writing<V>, given: impl GivenValue<V>) -> V {
    given.value()
}

/// An error that can be remembered and handed to several callers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be remembered",
    label = "`errors` hands the error of one load to the calls after it",
    note = "derive `Clone` for it, put an `Arc` around it, or say with `share_error = path` how it is copied"
)]
pub trait GivenError: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<E: Clone + Send + Sync + 'static> GivenError for E {}

/// Asks for an error that can be remembered.
pub fn can_be_remembered<E: GivenError>() {}

/// A return type whose error can say what the cache has to say.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no room for a load that took too long",
    label = "`load_timeout` ends a load with an error of the cache",
    note = "return a `Result` whose error implements `From<hydracache::LoadError>`"
)]
pub trait GivenCarrier {}

#[diagnostic::do_not_recommend]
impl<T, E: From<LoadError>> GivenCarrier for Result<T, E> {}

/// Asks for a return type whose error can say what the cache has to say.
pub fn carries_errors_of_the_cache<R: GivenCarrier>() {}

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
