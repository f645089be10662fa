//! The locks and atomics of the engine in one place, so that a model checker can stand in for them.
//!
//! With `--cfg hydracache_shuttle` they are those of shuttle, which lets one task run at a time and decides at each step
//! that others can see who goes on. What stays that of std there does so on purpose:
//!
//! - counters, and the lock of the list of them: nothing is decided by them, and each would multiply the schedules;
//! - statics, which outlive a run of a model and are shared by models that run side by side ([`PlainMutex`]; an id is
//!   taken from a [`StaticU64`]);
//! - `Arc` and `OnceLock`: between two steps of other kinds it makes no difference when they are used;
//! - locks of other crates, those of the stores and of the lists of who waits. Nothing that happens under one of them is
//!   a step that shuttle schedules: a task stopped there would keep the lock from the others for ever, since they all
//!   run on one thread.

#[cfg(hydracache_shuttle)]
pub(crate) mod model;

pub(crate) use std::sync::Arc;
pub(crate) use std::sync::atomic::Ordering;

#[cfg(hydracache_shuttle)]
use model as steps;

#[cfg(not(hydracache_shuttle))]
mod steps {
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicU64 as StaticU64};
    pub(crate) use std::thread_local;

    pub(crate) use event_listener::Event;
    pub(crate) use tokio::runtime::Handle;

    pub(crate) use super::PlainMutex as Mutex;
    pub(crate) use crate::park::block_on;
}

pub(crate) use steps::{AtomicBool, AtomicU64, Event, Handle, Mutex, StaticU64, block_on, thread_local};

/// How many shards a table has that has `usual` of them in a program. In a model it has one: which keys share a shard
/// depends on a random hash, and a schedule that depends on that cannot be played again.
pub(crate) const fn shards(usual: usize) -> usize {
    if cfg!(hydracache_shuttle) { 1 } else { usual }
}

/// A mutex without poisoning, of which no model knows. Other locks are a `Mutex`, which is the same in a program.
///
/// Nothing of the user's runs while one of these is held but the store, which is the last step there: a panic cannot
/// leave what it guards half changed.
#[derive(Debug, Default)]
pub(crate) struct PlainMutex<T>(std::sync::Mutex<T>);

impl<T> PlainMutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> std::sync::MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
