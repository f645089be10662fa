//! What is bounded: entries, tags, memory; and what is counted exactly.

mod counters;
mod evictions;
mod memory;
