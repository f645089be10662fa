//! What is missing in a policy, and what does not go together.

use super::Kind;
use super::args::Policy;
use crate::diagnostics::Errors;
use crate::time::Time;

impl Policy {
    pub(super) fn check(&self, kind: Kind, errors: &mut Errors) {
        self.check_subject(kind, errors);
        self.check_life(errors);
        let ttl = self.ttl.as_ref().and_then(Time::known).map(|(_, length)| length);
        let no_ttl = self.said.get("no_ttl").filter(|_| self.no_ttl);
        self.refresh.check(self.said.get("refresh"), ttl, no_ttl, errors);
    }

    /// Which result it is: one entity, one collection, or what has a key.
    fn check_subject(&self, kind: Kind, errors: &mut Errors) {
        let said = |key: &str| self.said.get(key);
        // The error stands at the one that was written last.
        let last = |one: &str, other: &str| {
            let both = said(one).is_some() && said(other).is_some();
            self.said.among(&[one, other]).filter(|_| both).last()
        };
        if let Some(at) = last("entity", "collection") {
            errors.on(
                at,
                "a result is one entity or a whole collection: remove one of the two; to invalidate an entity with its \
                 collection say `collection_tag = ..`",
            );
        }
        if let Some(at) = last("entity", "key") {
            errors.on(
                at,
                "the key of an entity is made of its name and its id: remove `key`, or say with `tag = ..` instead of `entity` \
                 what invalidates the result",
            );
        } else if let Some(at) = last("collection", "key") {
            errors.on(
                at,
                "the key of a collection is its name: remove `key`, or say `collection_tag = ..` instead of `collection`",
            );
        }
        if kind == Kind::Prepared || self.has_unread {
            return;
        }
        match (said("entity"), said("id")) {
            (Some(entity), None) => {
                errors.on(entity, "it is not said which entity it is: add its id, as in `id = user_id`");
            }
            (None, Some(id)) => errors.on(
                id,
                "an id tells the entities of one name apart: add what it is the id of, `entity = User` or `entity = \"user\"`",
            ),
            _ => {}
        }
    }

    /// How long the result lives is said once.
    fn check_life(&self, errors: &mut Errors) {
        let mut said =
            self.said.among(&["ttl", "ttl_secs", "no_ttl"]).filter(|key| *key != "no_ttl" || self.no_ttl);
        let Some(first) = said.next() else { return };
        // The same key once more is an error already.
        for again in said.filter(|again| *again != first) {
            let message =
                format!("how long the result lives is said by `{first}` already; keep one of the two");
            errors.on(again, message);
        }
    }
}
