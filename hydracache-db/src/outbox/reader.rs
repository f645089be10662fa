//! Reading everything that the outbox says, once, in whatever order transactions end.

use std::collections::HashMap;

use ::sqlx::Pool;

use super::database::{Head, OutboxDatabase, Row, head, rows};
use crate::error::Result;
use crate::planted::{PlantedBug, planted};

/// How many rows are read at once.
const PAGE: i64 = 500;

/// Where a reader of the outbox stands.
///
/// Where positions are those of rows, everything up to the position was seen. Where they are numbers of transactions,
/// everything below the position was, and of what is not below it the rows that are remembered.
#[derive(Debug, Default)]
pub(super) struct Reader {
    position: i64,
    /// The rows at or above the position that were seen, with their positions.
    seen: HashMap<i64, i64>,
    /// How far the outbox was trimmed when that was last looked at.
    trimmed: i64,
    trimmed_cache: i64,
    late: i64,
}

/// What one pass found.
#[derive(Debug, Default)]
pub(super) struct Pass {
    /// The rows that were not seen before, in the order of their ids.
    pub(super) rows: Vec<Row>,
    /// Rows may have been trimmed before they were seen.
    pub(super) missed: Option<Missed>,
}

/// What rows that were not seen may have concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missed {
    /// Namespaces of results.
    Namespaces,
    /// Whole caches.
    Caches,
}

impl Reader {
    /// A reader that has seen everything so far.
    pub(super) async fn at_the_end<DB: OutboxDatabase>(pool: &Pool<DB>) -> Result<Self> {
        let Head { position, trimmed, trimmed_cache, late } = head(pool).await?;
        Ok(Self { position, seen: HashMap::new(), trimmed, trimmed_cache, late })
    }

    /// Reads what is new. After an error nothing has changed.
    ///
    /// The order matters. Where the reader will stand is asked before the rows are read: whatever is committed in between
    /// is seen again. What was trimmed is asked after: whatever was trimmed in between is known.
    pub(super) async fn pass<DB: OutboxDatabase>(&mut self, pool: &Pool<DB>) -> Result<Pass> {
        let next = head(pool).await?.position;
        let (mut found, mut after) = (Vec::new(), 0);
        loop {
            let page = rows(pool, DB::DIALECT.rows(), vec![self.position, after, PAGE]).await?;
            let full = page.len() == usize::try_from(PAGE).unwrap_or(usize::MAX);
            after = page.last().map_or(after, |row| row.id);
            found.extend(page.into_iter().filter(|row| !self.seen.contains_key(&row.id)));
            if !full {
                break;
            }
        }
        let trimmed = head(pool).await?;
        let missed = self.missed::<DB>(trimmed, next);
        (self.trimmed, self.trimmed_cache, self.late) =
            (trimmed.trimmed, trimmed.trimmed_cache, trimmed.late);
        self.go_on::<DB>(next, &found);
        Ok(Pass { rows: found, missed })
    }

    /// Whether rows were trimmed since the last pass that it had not seen.
    fn missed<DB: OutboxDatabase>(&self, head: Head, next: i64) -> Option<Missed> {
        // The database is another one than before, such as one that was restored; or the transaction of a row that was trimmed
        // had ended later than others after it, so that how far it was trimmed says nothing of it.
        if next < self.position || head.late != self.late {
            return Some(Missed::Caches);
        }
        let unseen = |trimmed: i64, before: i64| {
            let position = if DB::DIALECT.counts_transactions() { self.position } else { self.position + 1 };
            trimmed > before && trimmed >= position
        };
        if unseen(head.trimmed_cache, self.trimmed_cache) {
            return Some(Missed::Caches);
        }
        unseen(head.trimmed, self.trimmed).then_some(Missed::Namespaces)
    }

    fn go_on<DB: OutboxDatabase>(&mut self, next: i64, found: &[Row]) {
        if DB::DIALECT.counts_transactions() {
            let by_number = || found.iter().map(|row| row.position + 1).fold(self.position, i64::max);
            self.position = if planted(PlantedBug::FollowerGoesByNumber) { by_number() } else { next };
            self.seen.extend(found.iter().map(|row| (row.id, row.position)));
            self.seen.retain(|_, position| *position >= next);
        } else {
            let last = found.last().map_or(0, |row| row.id);
            self.position = next.max(last);
        }
    }
}
