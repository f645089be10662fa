//! What generated code calls. Everything else in the crate is free to change without touching the macros.

mod entries;
mod load;
mod lookup;
mod renew;
mod shape;
mod write;

pub use inventory;

pub use self::entries::{clear, expire, invalidate, key, of_value, peek, put, stats, tag};
pub use self::load::{
    CanOutlive, InPlace, LoaderProbe, Outlives, Request, Settings, StaysInPlace, load_blocking, probe,
};
pub use self::lookup::{Lookup, Miss, decline, lookup, skip_lookup};
pub use self::renew::{Renewal, Renewing, lookup_renewing};
pub use self::shape::{Outcome, PLAIN, PlainShape, RESULT, ShapeProbe, ValueOnly, View, WithSource};
pub use self::write::{Guard, Pending, Published, Writing, pending, pending_all, pending_tag, run, writing};
pub use crate::call::Loaded;
pub use crate::call_site::{CacheChoice, CallSite, Facts};
pub use crate::draft::Draft;
pub use crate::given::{
    GivenArgument, GivenCache, GivenCarrier, GivenError, GivenOption, GivenReceiver, GivenResult, GivenTag,
    GivenTags, GivenTtl, GivenValue, cache_of, can_be_remembered, can_fail, carries_errors_of_the_cache,
    is_none, own, own_receiver, tag_of, value_for,
};
pub use crate::key::{KeyBuf, KeySegment, SegmentWriter};
pub use crate::registry::Submitted;
pub use crate::sharing::{
    CarryLoadError, CarryNothing, ErrorProbe, ShareClone, ShareNothing, ShareText, Sharing, shared, unshared,
};
pub use crate::tag::Tag;
pub use crate::value::Access;
