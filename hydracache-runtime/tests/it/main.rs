//! The public behaviour of the runtime crate, a file a topic, over both stores where the store may matter.

#![allow(
    clippy::unwrap_used,
    reason = "clippy knows the functions with `#[test]`, not what they share with each other"
)]

#[macro_use]
mod support;
#[macro_use]
mod bus_support;

mod bad_bytes;
mod bad_keys;
mod bad_refresh;
mod bad_settings;
mod bad_values;
mod bulk;
mod bulk_cycles;
mod bulk_desk;
mod bulk_fences;
mod bulk_flights;
mod bus;
mod bus_and_drops;
mod bus_and_the_end;
mod bus_doubles;
mod bus_faults;
mod bus_liars;
mod bus_of_ones_own;
mod bus_publishing;
mod bus_random;
mod bus_receiving;
mod bus_under_a_standing_clock;
mod bus_with_a_runtime;
mod bus_without_end;
mod byte_bounds;
mod bytes;
mod coarse_clocks;
mod codecs;
mod diagnostics;
mod earlier_names;
mod entry_options;
mod events_in_order;
mod events_of_evictions;
mod events_of_invalidation;
mod events_of_loads;
mod events_of_refresh;
mod events_of_writes;
mod events_views;
mod eviction;
mod fill;
mod functions;
mod history;
mod history_of_loads;
mod idle;
mod intents_and_drops;
mod invalidation;
mod jitter;
mod key_text;
mod listeners;
mod load_timeouts;
mod loading;
mod negative;
mod never_stale;
mod own_store;
mod prefix;
mod reading;
mod refresh_ahead;
mod refresh_without_runtime;
mod registry;
mod remembered_errors;
mod runtime;
mod scene;
mod soft_timeouts;
mod stale_on_error;
mod stale_while_revalidate;
mod stats;
mod stats_of_functions;
mod stats_of_loads;
mod stats_under_load;
mod time_to_live;
mod timer_thread;
mod typed;
mod wait_timeouts;
mod write_intents;
mod writing;
