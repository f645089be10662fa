//! What generated code calls. Everything else in the crate is free to change without touching the macros.

mod at_commit;
mod by_name;
mod each;
mod entries;
mod load;
mod lookup;
mod many;
mod renew;
mod shape;
mod write;

pub use inventory;

pub use self::at_commit::{CommitGuard, commit_list};
pub use self::by_name::{
    SentArguments, TellNothing, TellSource, TellText, begin_blocking_load, begin_load, provided_instance,
};
pub use self::each::{Warmed, get_each, get_each_blocking, warm, warm_blocking};
pub use self::entries::{clear, expire, invalidate, key, of_value, peek, put, stats, tag};
pub use self::load::{
    CanOutlive, InPlace, LoaderProbe, Outlives, Request, Settings, StaysInPlace, load_blocking, probe,
};
pub use self::lookup::{Lookup, Miss, decline, lookup, skip_lookup};
pub use self::many::{
    Bulk, BulkArgument, Collection, EntryOf, Form, List, Map, MapOf, entry_of, keys_of, list, load_many,
    load_many_blocking, map,
};
pub use self::renew::{Renewal, Renewing, lookup_renewing};
pub use self::shape::{
    CACHED, Outcome, PLAIN, PlainShape, RESULT, RESULT_OF_CACHED, ShapeProbe, ValueOnly, View, WithSource,
};
pub use self::write::{Guard, Pending, Published, Writing, pending, pending_all, pending_tag, run, writing};
pub use crate::call::Loaded;
pub use crate::call_site::{CacheChoice, CallSite, Facts};
pub use crate::draft::Draft;
pub use crate::error::Error;
pub use crate::given::{
    GivenAgain, GivenArgument, GivenCache, GivenCarrier, GivenError, GivenOption, GivenProvided,
    GivenReceiver, GivenResult, GivenSent, GivenTag, GivenTags, GivenTtl, GivenValue, SaidResult, again,
    cache_of, can_be_remembered, can_fail, carries_errors_of_the_cache, copy_of, is_none, is_result, own,
    own_receiver, tag_of, value_for,
};
pub use crate::key::{KeyBuf, KeySegment, SegmentWriter};
pub use crate::registry::{
    CacheEntity, EntityDescriptor, EntityFacts, Invalidator, InvalidatorFacts, Loader, Loading,
    ModuleDefaults, Need, Submitted, entity_tags,
};
pub use crate::runtime::Runtime;
pub use crate::sharing::{
    CarryLoadError, CarryNothing, ErrorProbe, ShareClone, ShareNothing, ShareText, Sharing, shared, unshared,
};
pub use crate::tag::{Tag, TagSet};
pub use crate::value::Access;
