//! Return types taken apart, and the two ways in which a value is handed out.

use std::marker::PhantomData;
use std::time::Duration;

use crate::cached::{Cached, Source};
use crate::call::Loaded;

/// The shape of a return type: which part of it is the value.
pub const PLAIN: u8 = 0;
/// See [`PLAIN`].
pub const RESULT: u8 = 1;
/// See [`PLAIN`]: the value comes with its source and age.
pub const CACHED: u8 = 2;
/// See [`PLAIN`]: likewise, in a `Result`.
pub const RESULT_OF_CACHED: u8 = 3;

/// A return type taken apart: its value, its error, and the same type around another value.
///
/// Every type is one of the plain shape, so the message is about the other.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Result`",
    label = "`returns = \"result\"` was said of this type",
    note = "remove `returns`, or say `returns = \"plain\"`"
)]
pub trait Outcome<const SHAPE: u8> {
    /// What is cached.
    type Value;
    /// What passes through.
    type Error;
    /// The same shape around another value.
    type Around<T>;

    /// Takes it apart.
    fn split(self) -> Result<Self::Value, Self::Error>;

    /// The value, if there is one.
    fn value(&self) -> Option<&Self::Value>;

    /// Puts it together around `T`.
    fn join<T>(result: Result<T, Self::Error>) -> Self::Around<T>;
}

impl<V> Outcome<PLAIN> for V {
    type Value = V;
    type Error = std::convert::Infallible;
    type Around<T> = T;

    fn split(self) -> Result<V, Self::Error> {
        Ok(self)
    }

    fn value(&self) -> Option<&V> {
        Some(self)
    }

    fn join<T>(result: Result<T, Self::Error>) -> T {
        match result {
            Ok(value) => value,
            Err(never) => match never {},
        }
    }
}

impl<V, E> Outcome<RESULT> for Result<V, E> {
    type Value = V;
    type Error = E;
    type Around<T> = Result<T, E>;

    fn split(self) -> Self {
        self
    }

    fn value(&self) -> Option<&V> {
        self.as_ref().ok()
    }

    fn join<T>(result: Result<T, E>) -> Result<T, E> {
        result
    }
}

impl<V> Outcome<CACHED> for Cached<V> {
    type Value = V;
    type Error = std::convert::Infallible;
    type Around<T> = T;

    fn split(self) -> Result<V, Self::Error> {
        Ok(self.value)
    }

    fn value(&self) -> Option<&V> {
        Some(&self.value)
    }

    fn join<T>(result: Result<T, Self::Error>) -> T {
        <() as Outcome<PLAIN>>::join(result)
    }
}

impl<V, E> Outcome<RESULT_OF_CACHED> for Result<Cached<V>, E> {
    type Value = V;
    type Error = E;
    type Around<T> = Result<T, E>;

    fn split(self) -> Result<V, E> {
        self.map(|cached| cached.value)
    }

    fn value(&self) -> Option<&V> {
        self.as_ref().ok().map(|cached| &cached.value)
    }

    fn join<T>(result: Result<T, E>) -> Result<T, E> {
        result
    }
}

/// Finds the shape of a concrete return type, through aliases: an inherent constant is preferred to one of a trait.
#[derive(Debug)]
pub struct ShapeProbe<R>(PhantomData<R>);

impl<V, E> ShapeProbe<Result<V, E>> {
    /// The shape of every `Result`.
    pub const SHAPE: u8 = RESULT;
}

/// The shape of everything that is not a `Result`.
pub trait PlainShape {
    /// The shape.
    const SHAPE: u8 = PLAIN;
}

impl<R> PlainShape for ShapeProbe<R> {}

/// How a call hands out its value.
pub trait View<V> {
    /// What the caller gets.
    type Out;

    /// From a value that was found. `age` is asked only where it is shown.
    fn found(value: &V, source: Source, age: impl FnOnce() -> Duration) -> Self::Out;

    /// From everything else.
    fn loaded(loaded: Loaded<V>) -> Self::Out;
}

/// The value alone.
#[derive(Debug)]
pub struct ValueOnly;

/// The value with its source and age.
#[derive(Debug)]
pub struct WithSource;

impl<V: Clone + Send + Sync + 'static> View<V> for ValueOnly {
    type Out = V;

    #[inline]
    fn found(value: &V, _: Source, _: impl FnOnce() -> Duration) -> V {
        value.clone()
    }

    fn loaded(loaded: Loaded<V>) -> V {
        loaded.into_value()
    }
}

impl<V: Clone + Send + Sync + 'static> View<V> for WithSource {
    type Out = Cached<V>;

    fn found(value: &V, source: Source, age: impl FnOnce() -> Duration) -> Cached<V> {
        Cached::new(value.clone(), source, age())
    }

    fn loaded(loaded: Loaded<V>) -> Cached<V> {
        loaded.into_cached()
    }
}
