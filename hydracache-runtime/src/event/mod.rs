//! What a cache tells about itself.

mod counters;
mod diagnostics;
mod stats;

pub(crate) use counters::{Count, Counters};
pub use diagnostics::CacheDiagnostics;
pub use stats::CacheStats;
