//! A source of versioned rows and loaders that stop between reading it and returning.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

/// What is cached: a row that says which version of its source it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) key: u64,
    pub(crate) version: u64,
}

/// The row of one key as a database would hold it, with a count of its readers.
#[derive(Debug, Default)]
pub(crate) struct Source {
    key: u64,
    version: AtomicU64,
    loads: AtomicU64,
}

impl Source {
    pub(crate) fn new(key: u64) -> Arc<Self> {
        Arc::new(Self { key, ..Self::default() })
    }

    /// Writes the row, and returns the version it has now.
    pub(crate) fn raise(&self) -> u64 {
        self.version.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// The row as it is now, without counting a load.
    pub(crate) fn row(&self) -> Row {
        Row { key: self.key, version: self.version.load(Ordering::SeqCst) }
    }

    /// How many loads have read the row.
    pub(crate) fn loads(&self) -> u64 {
        self.loads.load(Ordering::SeqCst)
    }

    /// A load that reads the row when it is first polled and returns at once.
    pub(crate) fn load(self: &Arc<Self>) -> impl Future<Output = Row> + Send + 'static {
        let source = Arc::clone(self);
        async move { source.read() }
    }

    /// A load that reads the row when it is first polled and returns when its gate opens.
    pub(crate) fn gated(self: &Arc<Self>) -> (Gate, impl Future<Output = Row> + Send + 'static) {
        let (open, opened) = oneshot::channel();
        let source = Arc::clone(self);
        let load = async move {
            let row = source.read();
            opened.await.expect("every gate is opened");
            row
        };
        (Gate(open), load)
    }

    pub(crate) fn read(&self) -> Row {
        self.loads.fetch_add(1, Ordering::SeqCst);
        self.row()
    }
}

/// Holds a load between its read and its return.
#[derive(Debug)]
#[must_use = "a load whose gate is dropped panics"]
pub(crate) struct Gate(oneshot::Sender<()>);

impl Gate {
    pub(crate) fn open(self) {
        self.0.send(()).expect("the load waits at its gate");
    }
}
