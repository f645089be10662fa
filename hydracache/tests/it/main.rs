//! The public behaviour of the framework, a file a topic.
mod thin_path;
