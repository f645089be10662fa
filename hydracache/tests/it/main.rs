//! The public behaviour of the framework, a file a topic.

mod reference;
mod shapes;
mod support;
mod thin_path;
