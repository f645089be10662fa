//! One load per key among concurrent callers, whatever becomes of those callers.

mod abandoned;
mod blocking;
mod crowd;
mod cycles;
mod dependencies;
mod errors;
mod panics;
