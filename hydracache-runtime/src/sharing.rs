//! How the error of a loader reaches those who waited for it, chosen by what its type can do.
//!
//! `E: Clone` is copied. `E: From<LoadError>` is made anew from the leader's text. Any other error stays with the
//! caller whose loader returned it, and the others load for themselves. Which of the three applies is found by
//! trait selection on the concrete type: methods of more references are tried first, and only those whose bounds
//! hold are candidates.

use std::fmt::Display;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::engine::SharedError;
use crate::error::{Error, LoadError};

/// What can be done with the error type of a loader.
pub struct Sharing<E> {
    pub(crate) share: fn(&E) -> Option<SharedError>,
    pub(crate) unshare: fn(&SharedError) -> Option<E>,
    pub(crate) carry: Option<fn(LoadError) -> E>,
}

impl<E> Clone for Sharing<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Sharing<E> {}

impl<E> std::fmt::Debug for Sharing<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sharing").field("carries_cache_errors", &self.carry.is_some()).finish_non_exhaustive()
    }
}

impl<E> Sharing<E> {
    /// As the user says.
    pub fn by_copy(
        share: fn(&E) -> Option<SharedError>,
        unshare: fn(&SharedError) -> Option<E>,
        carry: Option<fn(LoadError) -> E>,
    ) -> Self {
        Self { share, unshare, carry }
    }
}

/// A copy of an error, for those who wait.
#[allow(clippy::unnecessary_wraps, reason = "one signature for all ways to share")]
pub fn shared<E: Send + Sync + 'static>(copy: E) -> Option<SharedError> {
    Some(Arc::new(copy))
}

/// The copy of an error that was shared.
pub fn unshared<E: Send + Sync + 'static>(shared: &SharedError) -> Option<&E> {
    shared.downcast_ref()
}

impl Sharing<Error> {
    /// The cache's own error: cloned. What the cache has to say needs no carrying.
    pub(crate) const OWN: Self =
        Self { share: share_clone::<Error>, unshare: unshare_clone::<Error>, carry: None };
}

/// Asks what can be done with `E`; see the module for how.
#[derive(Debug)]
pub struct ErrorProbe<E>(PhantomData<fn() -> E>);

impl<E> ErrorProbe<E> {
    /// A probe for `E`.
    #[allow(clippy::new_without_default, reason = "only generated code makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

#[allow(clippy::unnecessary_wraps, reason = "one signature for the three ways to share")]
fn share_clone<E: Clone + Send + Sync + 'static>(error: &E) -> Option<SharedError> {
    Some(Arc::new(error.clone()))
}

fn unshare_clone<E: Clone + Send + Sync + 'static>(shared: &SharedError) -> Option<E> {
    shared.downcast_ref::<E>().cloned()
}

#[allow(clippy::unnecessary_wraps, reason = "one signature for the three ways to share")]
fn share_text<E: Display>(error: &E) -> Option<SharedError> {
    // The alternate form of the usual boxed errors tells their causes as well.
    Some(Arc::new(LoadError::told(format!("{error:#}"))))
}

fn unshare_text<E: From<LoadError>>(shared: &SharedError) -> Option<E> {
    shared.downcast_ref::<LoadError>().cloned().map(E::from)
}

/// `E` can be cloned.
pub trait ShareClone<E> {
    /// What can be done with it.
    fn sharing(&self, carry: Option<fn(LoadError) -> E>) -> Sharing<E>;
}

impl<E: Clone + Send + Sync + 'static> ShareClone<E> for &&ErrorProbe<E> {
    fn sharing(&self, carry: Option<fn(LoadError) -> E>) -> Sharing<E> {
        Sharing { share: share_clone, unshare: unshare_clone, carry }
    }
}

/// `E` can be made from a [`LoadError`].
pub trait ShareText<E> {
    /// What can be done with it.
    fn sharing(&self, carry: Option<fn(LoadError) -> E>) -> Sharing<E>;
}

impl<E: From<LoadError> + Display> ShareText<E> for &ErrorProbe<E> {
    fn sharing(&self, carry: Option<fn(LoadError) -> E>) -> Sharing<E> {
        Sharing { share: share_text, unshare: unshare_text, carry }
    }
}

/// Nothing is known of `E`.
pub trait ShareNothing<E> {
    /// What can be done with it.
    fn sharing(&self, carry: Option<fn(LoadError) -> E>) -> Sharing<E>;
}

impl<E> ShareNothing<E> for ErrorProbe<E> {
    fn sharing(&self, carry: Option<fn(LoadError) -> E>) -> Sharing<E> {
        Sharing { share: |_| None, unshare: |_| None, carry }
    }
}

/// `E` can report what the cache itself has to say.
pub trait CarryLoadError<E> {
    /// The way to make one.
    fn carry(&self) -> Option<fn(LoadError) -> E>;
}

impl<E: From<LoadError>> CarryLoadError<E> for &ErrorProbe<E> {
    fn carry(&self) -> Option<fn(LoadError) -> E> {
        Some(E::from)
    }
}

/// `E` cannot report what the cache itself has to say.
pub trait CarryNothing<E> {
    /// No way to make one.
    fn carry(&self) -> Option<fn(LoadError) -> E>;
}

impl<E> CarryNothing<E> for ErrorProbe<E> {
    fn carry(&self) -> Option<fn(LoadError) -> E> {
        None
    }
}
