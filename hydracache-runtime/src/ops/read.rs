//! Reading: what is there, without loading what is not.

use std::time::Duration;

use bytes::Bytes;

use super::Ops;
use crate::cached::{Cached, Source};
use crate::entry::Entry;
use crate::error::{CacheResult, Error, ErrorKind};
use crate::event::Count;
use crate::key::{KeyRef, preview};
use crate::policy::{Decision, Windows};
use crate::sync::Arc;
use crate::value::{Access, AnyValue, ReadError};

impl Ops<'_> {
    /// Reads a typed value; bytes that are no such value are a miss.
    fn read<T: Send + Sync + 'static, R>(
        &self,
        key: KeyRef<'_>,
        entry: &Arc<Entry>,
        access: &Access<T>,
        take: impl FnOnce(&AnyValue, &T) -> R,
    ) -> CacheResult<Option<R>> {
        match entry.stored.read(access, self.engine.codec(), self.version, take) {
            Ok(value) => Ok(Some(value)),
            Err(ReadError::Failure(_)) => Ok(None),
            Err(ReadError::Undecodable(error)) => {
                // The entry stays: to a reader who asks for another type it may be a hit.
                self.count(Count::DecodeFailure);
                tracing::debug!(%error, key = key.as_str(), "stored bytes are a miss");
                Ok(None)
            }
            Err(ReadError::OtherType(stored)) => {
                self.count(Count::TypeMismatch);
                Err(Error::new(
                    ErrorKind::TypeMismatch,
                    format!(
                        "`{}` in the cache `{}` holds a `{stored}` and was asked for as a `{}`; ask for what was stored, \
                         or give the two different keys",
                        preview(key.as_str()),
                        self.engine.settings().name,
                        access.info().name()
                    ),
                ))
            }
        }
    }

    /// Reads a value and counts a hit or a miss.
    pub(crate) fn get<T: Send + Sync + 'static, R>(
        &self,
        text: &str,
        access: &Access<T>,
        take: impl FnOnce(&AnyValue, &T) -> R,
    ) -> CacheResult<Option<R>> {
        self.classified(text, |key, entry| self.read(key, entry, access, take))
    }

    /// Reads what is there, and counts a hit or a miss: what cannot be returned is no hit.
    fn classified<R>(
        &self,
        text: &str,
        read: impl FnOnce(KeyRef<'_>, &Arc<Entry>) -> CacheResult<Option<R>>,
    ) -> CacheResult<Option<R>> {
        let key = self.engine.checked_key(text)?;
        let Some(entry) = self.look(key) else {
            self.miss(key);
            return Ok(None);
        };
        let found = read(key, &entry);
        match found {
            Ok(Some(_)) => self.hit(key, &entry),
            _ => self.miss(key),
        }
        found
    }

    /// The fresh value of a key, counted as a hit, if there is one that will do. Where there is none nothing is counted: the
    /// caller goes on with a call.
    #[inline]
    pub(crate) fn found<T: Clone + Send + Sync + 'static>(
        &self,
        text: &str,
        access: &Access<T>,
        windows: &Windows,
        accepts: fn(&T) -> bool,
    ) -> Option<T> {
        let key = self.engine.checked_key(text).ok()?;
        let (entry, Decision::Hit) = self.consult(key, windows)? else { return None };
        let (_, value) = entry.stored.value(access, self.engine.codec(), self.version).ok()?;
        let value = accepts(value).then(|| value.clone())?;
        self.hit(key, &entry);
        Some(value)
    }

    /// Reads a value without any trace but that of a failure.
    pub(crate) fn peek<T: Clone + Send + Sync + 'static>(
        &self,
        text: &str,
        access: &Access<T>,
    ) -> CacheResult<Option<T>> {
        let key = self.engine.checked_key(text)?;
        self.glance(key).map_or(Ok(None), |entry| self.read(key, &entry, access, |_, value| value.clone()))
    }

    /// Reads a value with its source and age, and counts a hit or a miss.
    pub(crate) fn fetch<T: Clone + Send + Sync + 'static>(
        &self,
        text: &str,
        access: &Access<T>,
    ) -> CacheResult<Option<Cached<T>>> {
        self.classified(text, |key, entry| {
            let age = self.age(entry);
            self.read(key, entry, access, |_, value| Cached::new(value.clone(), Source::Hit, age))
        })
    }

    pub(crate) fn age(&self, entry: &Entry) -> Duration {
        self.engine.now().since(entry.created)
    }

    /// The byte form, made and kept if it is not there yet.
    pub(crate) fn get_encoded(&self, text: &str) -> CacheResult<Option<Bytes>> {
        self.classified(text, |_, entry| {
            if entry.stored.is_failure() {
                return Ok(None);
            }
            let encoded = entry.stored.encoded(self.engine.codec(), entry.version);
            encoded.map(Some).map_err(|error| error.about(text))
        })
    }

    pub(crate) fn contains(&self, text: &str) -> bool {
        self.engine.checked_key(text).is_ok_and(|key| self.glance(key).is_some())
    }
}
