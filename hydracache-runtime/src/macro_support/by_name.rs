//! What generated code does for a loader: arguments and instances in, the bytes of a value out.

use std::error::Error as StdError;
use std::future::Future;
use std::panic::resume_unwind;

use bytes::Bytes;
use serde::Serialize;
use tokio::runtime::Handle;

use super::Outcome;
use crate::call_site::CallSite;
use crate::error::{CacheResult, Error, ErrorKind};
use crate::given::GivenSent;
use crate::registry::{Loading, decode_first, encode, no_rest, not_provided};
use crate::runtime::{Runtime, Scope};
use crate::sharing::ErrorProbe;
use crate::sync::Arc;

/// The arguments of a call, read one after the other.
#[derive(Debug)]
pub struct SentArguments<'a> {
    site: &'a CallSite,
    rest: &'a [u8],
}

impl<'a> SentArguments<'a> {
    /// Those that are in `bytes`.
    pub fn new(site: &'a CallSite, bytes: &'a [u8]) -> Self {
        Self { site, rest: bytes }
    }

    /// The next one.
    pub fn next<T: GivenSent>(&mut self, name: &str) -> CacheResult<T> {
        let (argument, rest) =
            decode_first(self.site.name(), format_args!("the argument `{name}`"), self.rest)?;
        self.rest = rest;
        Ok(argument)
    }

    /// Nothing may be left over.
    pub fn end(self) -> CacheResult<()> {
        no_rest(self.site.name(), "the arguments", self.rest)
    }
}

/// An instance that was provided.
pub fn provided_instance<T: ?Sized + Send + Sync + 'static>(
    site: &CallSite,
    runtime: &Runtime,
) -> CacheResult<Arc<T>> {
    let missing = || Error::new(ErrorKind::Configuration, not_provided(site, std::any::type_name::<T>()));
    runtime.provided::<T>().ok_or_else(missing)
}

/// A load that runs `call` and turns what it returns into bytes.
pub fn begin_load<const SHAPE: u8, R>(
    site: &'static CallSite,
    call: impl Future<Output = R> + Send + 'static,
    tell: fn(R::Error) -> Box<dyn StdError + Send + Sync>,
) -> Loading
where
    R: Outcome<SHAPE>,
    R::Value: Serialize,
    R::Error: 'static,
{
    Box::pin(async move { finish::<SHAPE, R>(site, call.await, tell) })
}

/// As [`begin_load`], for a function that blocks: on a thread that may, where there is a tokio runtime.
pub fn begin_blocking_load<const SHAPE: u8, R>(
    site: &'static CallSite,
    call: impl FnOnce() -> R + Send + 'static,
    tell: fn(R::Error) -> Box<dyn StdError + Send + Sync>,
) -> Loading
where
    R: Outcome<SHAPE> + 'static,
    R::Value: Serialize,
    R::Error: 'static,
{
    let load = move || finish::<SHAPE, R>(site, call(), tell);
    Box::pin(async move {
        let Ok(threads) = Handle::try_current() else { return load() };
        let scope = Scope::current();
        match threads.spawn_blocking(move || scope.enter(load)).await {
            Ok(loaded) => loaded,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(error) => Err(Error::Backend(format!("the tokio runtime is shutting down: {error}"))),
            },
        }
    })
}

fn finish<const SHAPE: u8, R>(
    site: &CallSite,
    output: R,
    tell: fn(R::Error) -> Box<dyn StdError + Send + Sync>,
) -> CacheResult<Bytes>
where
    R: Outcome<SHAPE>,
    R::Value: Serialize,
{
    match output.split() {
        Ok(value) => encode(site.name(), "the value", &value),
        Err(error) => Err(Error::load(site.name(), tell(error))),
    }
}

/// `E` is an error, or can become one.
pub trait TellSource<E> {
    /// The error itself.
    fn tell(&self) -> fn(E) -> Box<dyn StdError + Send + Sync>;
}

impl<E: Into<Box<dyn StdError + Send + Sync>>> TellSource<E> for &&ErrorProbe<E> {
    fn tell(&self) -> fn(E) -> Box<dyn StdError + Send + Sync> {
        E::into
    }
}

/// `E` can be shown.
pub trait TellText<E> {
    /// Its text.
    fn tell(&self) -> fn(E) -> Box<dyn StdError + Send + Sync>;
}

impl<E: std::fmt::Display> TellText<E> for &ErrorProbe<E> {
    fn tell(&self) -> fn(E) -> Box<dyn StdError + Send + Sync> {
        |error| error.to_string().into()
    }
}

/// Nothing is known of `E`.
pub trait TellNothing<E> {
    /// That there was one.
    fn tell(&self) -> fn(E) -> Box<dyn StdError + Send + Sync>;
}

impl<E> TellNothing<E> for ErrorProbe<E> {
    fn tell(&self) -> fn(E) -> Box<dyn StdError + Send + Sync> {
        |_| format!("an error of type `{}`, which has no text", std::any::type_name::<E>()).into()
    }
}
