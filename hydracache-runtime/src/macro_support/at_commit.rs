//! Writes inside of a transaction: what they make invalid goes into its list.

use std::mem;

use super::write::Pending;
use crate::commit::{AtCommit, CommitList};

/// The list of a transaction.
pub fn commit_list<T: AtCommit + ?Sized>(transaction: &T) -> &CommitList {
    transaction.commit_list()
}

/// Adds to the list of a transaction what a write makes invalid. Dropped before it was told how the write has ended, it adds
/// what it holds: a body that was dropped or panicked may have written, and the transaction may be committed all the same.
#[derive(Debug)]
#[must_use = "it adds what it holds when it is dropped"]
pub struct CommitGuard {
    list: CommitList,
    held: Vec<Pending>,
}

impl CommitGuard {
    /// Adds what is known before the write at once: it takes effect only if the transaction is committed.
    pub fn adding<const N: usize>(list: &CommitList, pending: [Pending; N]) -> Self {
        for pending in pending {
            list.add_pending(pending);
        }
        Self { list: list.clone(), held: Vec::new() }
    }

    /// Holds what is known before the write until its outcome is.
    pub fn holding<const N: usize>(list: &CommitList, pending: [Pending; N]) -> Self {
        Self { list: list.clone(), held: pending.into() }
    }

    /// Nothing was written.
    pub fn defuse(mut self) {
        self.held.clear();
    }

    /// The write has happened; more may be known now.
    pub fn add<const N: usize>(mut self, more: [Pending; N]) {
        let held = mem::take(&mut self.held);
        for pending in held.into_iter().chain(more) {
            self.list.add_pending(pending);
        }
    }
}

impl Drop for CommitGuard {
    fn drop(&mut self) {
        for pending in self.held.drain(..) {
            self.list.add_pending(pending);
        }
    }
}
