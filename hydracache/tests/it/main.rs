//! The public behaviour of the framework, a file a topic.

#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod adoption;
mod around;
mod entangled;
mod events_of_functions;
mod overtaken;
mod reference;
mod reference_events;
mod renewing;
mod segments;
mod shapes;
mod support;
mod thin_path;
mod writes;
