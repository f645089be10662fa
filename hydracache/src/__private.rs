//! The only path that generated code names. It has no promise of stability; nothing here is for people.

pub use hydracache_runtime::macro_support::*;
