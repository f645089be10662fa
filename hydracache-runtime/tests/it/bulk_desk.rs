//! A source of many rows that answers when the test says so.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use hydracache_runtime::{CacheResult, HydraCache};
use tokio::sync::oneshot;

use crate::support::tagged;

pub(crate) type Key = &'static str;

#[derive(Debug)]
enum Answer {
    Rows(Vec<(Key, u32)>),
    Failure,
    Panic,
}

#[derive(Debug, Default)]
struct State {
    asked: Vec<Vec<Key>>,
    waiting: VecDeque<oneshot::Sender<Answer>>,
}

/// A source whose bulk loads wait until they are answered, in the order in which they began.
#[derive(Debug, Clone, Default)]
pub(crate) struct BulkDesk(Arc<Mutex<State>>);

impl BulkDesk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn load(
        &self,
        keys: Vec<Key>,
    ) -> impl Future<Output = io::Result<Vec<(Key, u32)>>> + Send + 'static + use<> {
        let (tell, told) = oneshot::channel();
        let mut state = self.state();
        state.asked.push(keys);
        state.waiting.push_back(tell);
        async move {
            match told.await.expect("it is answered or dropped") {
                Answer::Rows(rows) => Ok(rows),
                Answer::Failure => Err(io::Error::other("the source is down")),
                Answer::Panic => panic!("the loader panics, as this test wants"),
            }
        }
    }

    /// A bulk call that loads from here, with the tag `t`.
    pub(crate) async fn call(&self, cache: &HydraCache, keys: &[Key]) -> CacheResult<HashMap<Key, u32>> {
        cache.get_many_or_load(keys.iter().copied(), tagged("t"), |missing| self.load(missing)).await
    }

    /// What it was asked for, load by load.
    pub(crate) fn asked(&self) -> Vec<Vec<Key>> {
        self.state().asked.clone()
    }

    #[track_caller]
    fn tell(&self, answer: Answer) {
        let oldest = self.state().waiting.pop_front();
        oldest.expect("a load waits").send(answer).expect("the load goes on");
    }

    #[track_caller]
    pub(crate) fn answer(&self, rows: &[(Key, u32)]) {
        self.tell(Answer::Rows(rows.to_vec()));
    }

    #[track_caller]
    pub(crate) fn fail(&self) {
        self.tell(Answer::Failure);
    }

    #[track_caller]
    pub(crate) fn panic(&self) {
        self.tell(Answer::Panic);
    }
}

/// A row for each key.
pub(crate) fn rows(keys: Vec<Key>) -> Vec<(Key, u32)> {
    keys.into_iter().zip(1..).collect()
}
