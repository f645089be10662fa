//! The public behaviour of the framework, a file a topic.

#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod adoption;
mod adoption_shapes;
mod around;
mod at_commit;
mod bulk;
mod defaults;
mod entangled;
mod entities;
mod events_of_functions;
mod loaders;
mod many_keys;
mod methods;
mod overtaken;
mod reference;
mod reference_events;
mod renewing;
mod segments;
mod shapes;
mod support;
mod thin_path;
mod writes;
