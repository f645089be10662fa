//! The public behaviour of the runtime crate, a file a topic, over both stores where the store may matter.

#![allow(
    clippy::unwrap_used,
    reason = "clippy knows the functions with `#[test]`, not what they share with each other"
)]

#[macro_use]
mod support;

mod bad_bytes;
mod bad_keys;
mod bad_settings;
mod bad_values;
mod byte_bounds;
mod bytes;
mod codecs;
mod diagnostics;
mod earlier_names;
mod entry_options;
mod eviction;
mod fill;
mod functions;
mod history;
mod invalidation;
mod key_text;
mod loading;
mod own_store;
mod reading;
mod registry;
mod runtime;
mod stats;
mod stats_of_functions;
mod stats_of_loads;
mod stats_under_load;
mod time_to_live;
mod typed;
mod writing;
