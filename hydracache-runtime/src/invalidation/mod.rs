//! What caches tell each other: which entries became wrong. Values never travel here.
//!
//! Every message carries who published it, in which incarnation, and under which number. That alone lets a receiver
//! notice that something is missing, whatever the transport between them is: it then asks for what it missed, or drops
//! everything.
//!
//! [`message`] is what travels and [`frame`] its bytes. [`bus`] is what a transport implements; [`in_memory`] and
//! [`framed`] are the two that come with the crate, both over [`log`]. A publishing cache keeps an [`outbox`], a
//! receiving one [`positions`]; neither does any I/O.

mod bus;
mod frame;
mod framed;
mod gap;
mod heads;
mod in_memory;
mod log;
mod message;
mod outbox;
mod positions;
mod ticket;

pub use bus::{CacheInvalidationBus, CacheInvalidationReceive, CacheInvalidationReceiver};
pub use frame::CacheInvalidationFrame;
pub use framed::InMemoryFramedInvalidationBus;
pub(crate) use gap::Gap;
pub use in_memory::InMemoryInvalidationBus;
pub use message::{CacheInvalidation, CacheInvalidationMessage, CachePosition};
pub(crate) use outbox::Outbox;
pub(crate) use positions::{Positions, Verdict};
pub(crate) use ticket::Ticket;
