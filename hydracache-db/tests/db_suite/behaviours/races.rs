//! A writer and many readers.

use crate::kit::race::{commits, race};
use crate::kit::{Adapter, Suite};

pub(crate) async fn no_read_is_older_than_what_was_acknowledged_before_it<A: Adapter>(suite: Suite<A>) {
    let report = race(suite, commits()).await;
    println!("{:?}: {report:?}", A::KIND);
    assert_eq!((report.stale, report.uncommitted), (0, 0), "{report:?}");
    assert!(report.means_something(), "{report:?}");
}
