//! The cluster of HydraCache: who owns a key.
//!
//! # Why
//!
//! When several processes cache the same keys, each of them loads each key once. With an owner for every key the
//! source sees one load for all of them. Everything about ownership rests on one pure function that every member
//! computes alone and finds the same answer to: [`owner_for_key`].
//!
//! This release has that function and nothing that talks to a network. Discovery, membership, peer fetch and the
//! invalidation log are built on it in later releases; the changelog says when they are there.

mod ownership;

pub use ownership::{Candidate, owner_for_key};
