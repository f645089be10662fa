//! The public behaviour of the framework, a file a topic.

mod shapes;
mod support;
mod thin_path;
