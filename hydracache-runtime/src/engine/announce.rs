//! From an invalidation that was applied here to the other caches that must learn of it.

use super::{By, Engine, Intent};
use crate::applied::Applied;
use crate::error::CacheResult;
use crate::invalidation::{CacheInvalidation, CacheInvalidationMessage, Ticket};

impl Engine {
    /// What a caller gets whose request was applied here: its outcome, and the publication of `what` if there is a bus.
    pub(crate) fn announced<T>(
        &self,
        local: CacheResult<T>,
        what: impl FnOnce() -> CacheInvalidation,
    ) -> Applied<T> {
        let published = if local.is_ok() { self.announce(what) } else { None };
        Applied::announced(local, published)
    }

    fn announce(&self, what: impl FnOnce() -> CacheInvalidation) -> Option<Ticket> {
        self.link.get().map(|link| link.announce(what()))
    }

    /// Invalidates a namespace, given as the keys begin with it, here and elsewhere.
    pub(crate) fn clear(&self, namespace: &str) -> Applied {
        self.invalidate_namespace(namespace, By::Caller);
        self.announced(Ok(()), || CacheInvalidation::Namespace(namespace.to_owned()))
    }

    /// Ends a write whose outcome is not known: the key is taken out, here and elsewhere.
    pub(crate) fn give_up(&self, intent: &Intent) -> Applied {
        self.close_intent(intent, None);
        self.announced(Ok(()), || CacheInvalidation::Key(intent.key.as_str().to_owned()))
    }

    /// Does what a caller asked for, here and elsewhere.
    pub(crate) fn request(&self, what: CacheInvalidation) -> Applied {
        let applied = self.carry_out(&what, By::Caller);
        self.announced(applied, || what)
    }

    /// Applies what another cache invalidated. The one door by which it comes in: nothing of it is published again.
    pub(crate) fn apply(&self, message: &CacheInvalidationMessage) {
        let by = By::Node(message.publisher());
        if let Err(error) = self.carry_out(message.invalidation(), by) {
            // No entry can have such a key or tag here either.
            tracing::debug!(%error, "another cache invalidated something over its limit");
        }
    }

    /// Applies what another process asked for by a way of its own, which is no message of a bus.
    pub(crate) fn apply_from(&self, what: &CacheInvalidation, publisher: &str) -> CacheResult<()> {
        self.carry_out(what, By::Node(publisher))
    }

    fn carry_out(&self, what: &CacheInvalidation, by: By<'_>) -> CacheResult<()> {
        match what {
            CacheInvalidation::Key(key) => _ = self.remove(self.checked_key(key)?, by),
            CacheInvalidation::Expire(key) => _ = self.expire(self.checked_key(key)?, by),
            CacheInvalidation::Tag(tag) => self.invalidate_tag(tag, by)?,
            CacheInvalidation::Namespace(namespace) => self.invalidate_namespace(namespace, by),
            CacheInvalidation::Prefix(prefix) => _ = self.invalidate_prefix(prefix, by),
            CacheInvalidation::Flush => self.flush(by),
            CacheInvalidation::Position => {}
        }
        Ok(())
    }
}
