//! Storing and taking out: put, fill, remove, expire, and the ends of write intents.

use bytes::Bytes;

use super::Ops;
use crate::applied::Applied;
use crate::codec::Envelope;
use crate::engine::{By, FillToken, Intent, Moment, Plan};
use crate::entry::Entry;
use crate::error::CacheResult;
use crate::invalidation::CacheInvalidation;
use crate::key::StoreKey;
use crate::options::CacheOptions;
use crate::sync::Arc;
use crate::value::{Access, Stored};

impl Ops<'_> {
    /// Takes a key out; true if a read would have returned it.
    pub(crate) fn remove(&self, text: &str) -> Applied<bool> {
        let removed = self
            .engine
            .checked_key(text)
            .map(|key| self.engine.remove(key, By::Caller).is_some_and(|entry| self.shows(&entry)));
        self.engine.announced(removed, || CacheInvalidation::Key(text.to_owned()))
    }

    /// Ends the freshness of a key; true if a read would have returned it.
    pub(crate) fn expire(&self, text: &str) -> Applied<bool> {
        let expired = self
            .engine
            .checked_key(text)
            .map(|key| self.engine.expire(key, By::Caller).is_some_and(|entry| self.shows(&entry)));
        self.engine.announced(expired, || CacheInvalidation::Expire(text.to_owned()))
    }

    pub(super) fn plan(&self, key: &str, options: &CacheOptions) -> CacheResult<Plan> {
        let plan = self.engine.plan(options, self.namespace_cell(), self.version);
        plan.map_err(|error| error.about(key))
    }

    pub(crate) fn put<T: Send + Sync + 'static>(
        &self,
        text: &str,
        value: T,
        access: &Access<T>,
        options: &CacheOptions,
    ) -> Applied {
        Applied::new(self.put_stored(text, options, || Ok(Stored::typed(Arc::new(value), access))))
    }

    pub(crate) fn put_encoded(&self, text: &str, bytes: Bytes, options: &CacheOptions) -> Applied {
        Applied::new(self.put_stored(text, options, || checked_bytes(bytes)))
    }

    fn put_stored(
        &self,
        text: &str,
        options: &CacheOptions,
        stored: impl FnOnce() -> CacheResult<Stored>,
    ) -> CacheResult<()> {
        let key = self.engine.checked_key(text)?;
        let plan = self.plan(text, options)?;
        // After the cells, before anything else: whatever is invalidated from here on is later than this value.
        let moment = self.engine.moment();
        let entry = self.entry(text, stored, moment, plan)?;
        self.engine.put(&key.to_owned(), entry);
        Ok(())
    }

    /// The entry of what was written to the source.
    pub(crate) fn outcome<T: Send + Sync + 'static>(
        &self,
        intent: &Intent,
        value: T,
        access: &Access<T>,
        options: &CacheOptions,
    ) -> CacheResult<Arc<Entry>> {
        let text = intent.key.as_str();
        let plan = self.plan(text, options)?;
        self.entry(text, || Ok(Stored::typed(Arc::new(value), access)), intent.moment, plan)
    }

    /// Ends a write of the source with what was written. Whatever becomes of it here, the others are told.
    pub(crate) fn close_intent(&self, intent: &Intent, entry: CacheResult<Arc<Entry>>) -> Applied<bool> {
        let (entry, refused) = match entry {
            Ok(entry) => (Some(entry), None),
            Err(error) => (None, Some(error)),
        };
        let stored = self.engine.close_intent(intent, entry);
        let key = || CacheInvalidation::Key(intent.key.as_str().to_owned());
        let announced = self.engine.announced(Ok(stored), key);
        match refused {
            None => announced,
            Some(error) => announced.refused(error),
        }
    }

    pub(crate) fn fill_token(&self, text: &str) -> CacheResult<FillToken> {
        Ok(self.engine.fill_token(self.engine.checked_key(text)?.to_owned()))
    }

    pub(crate) fn fill<T: Send + Sync + 'static>(
        &self,
        token: &FillToken,
        value: T,
        access: &Access<T>,
        options: &CacheOptions,
    ) -> CacheResult<bool> {
        self.fill_stored(token, options, || Ok(Stored::typed(Arc::new(value), access)))
    }

    pub(crate) fn fill_encoded(
        &self,
        token: &FillToken,
        bytes: Bytes,
        options: &CacheOptions,
    ) -> CacheResult<bool> {
        self.fill_stored(token, options, || checked_bytes(bytes))
    }

    /// Stores what turned up in a source that was read since `moment`.
    pub(crate) fn fill_found<T: Send + Sync + 'static>(
        &self,
        text: &str,
        moment: Moment,
        value: T,
        access: &Access<T>,
        options: &CacheOptions,
    ) -> CacheResult<bool> {
        let key = self.engine.checked_key(text)?.to_owned();
        self.fill_read(&key, moment, options, || Ok(Stored::typed(Arc::new(value), access)))
    }

    fn fill_stored(
        &self,
        token: &FillToken,
        options: &CacheOptions,
        stored: impl FnOnce() -> CacheResult<Stored>,
    ) -> CacheResult<bool> {
        let (key, moment) = self.engine.check_token(token)?;
        self.fill_read(key, moment, options, stored)
    }

    fn fill_read(
        &self,
        key: &StoreKey,
        moment: Moment,
        options: &CacheOptions,
        stored: impl FnOnce() -> CacheResult<Stored>,
    ) -> CacheResult<bool> {
        // The cells are taken after the stamp here: a tag that was invalidated in between is found in its cell, or
        // in the memory its cell is born from.
        let plan = self.plan(key.as_str(), options)?;
        let entry = self.entry(key.as_str(), stored, moment, plan)?;
        Ok(self.engine.fill(key, entry))
    }

    fn entry(
        &self,
        text: &str,
        stored: impl FnOnce() -> CacheResult<Stored>,
        moment: Moment,
        plan: Plan,
    ) -> CacheResult<Arc<Entry>> {
        let stored = stored().map_err(|error| error.about(text))?;
        self.engine.entry(text, stored, moment, plan).map_err(|(_, error)| error)
    }
}

fn checked_bytes(bytes: Bytes) -> CacheResult<Stored> {
    Envelope::open(&bytes)?;
    Ok(Stored::bytes(bytes))
}
