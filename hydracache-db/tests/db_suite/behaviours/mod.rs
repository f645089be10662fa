//! What is promised, said once for all adapters.

pub(crate) mod errors;
pub(crate) mod flights;
pub(crate) mod invalidation;
pub(crate) mod many;
pub(crate) mod outbox;
pub(crate) mod races;
pub(crate) mod reads;
pub(crate) mod reads_in_transactions;
pub(crate) mod transactions;
