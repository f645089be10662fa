//! Listening to the outbox of PostgreSQL.

use std::sync::Arc;
use std::time::Duration;

use ::sqlx::postgres::PgListener;
use ::sqlx::{AssertSqlSafe, PgPool, Postgres};
use hydracache_runtime::CacheEntity;
use tokio::sync::Mutex;

use super::triggers::triggers;
use crate::error::{Context, DbError, DbErrorKind, Result};
use crate::outbox::OutboxFollower;

/// What PostgreSQL tells when a row of the outbox is committed. The notification says that there is something; what it is
/// stands in the table, so it has no length to exceed.
const CHANNEL: &str = "hydracache_outbox";

/// How often the outbox is looked at without having been told, and how soon a connection that was cut is missed.
const POLL: Duration = Duration::from_secs(1);

/// A follower of the outbox that is told by the server as soon as something was committed.
///
/// It takes one connection out of the pool and keeps it to listen, and others for a moment to read. When the listening
/// connection is cut it reads every second, and listens again as soon as that is possible; nothing is missed meanwhile,
/// because what it applies is what it reads.
///
/// ```
/// # async fn example(pool: sqlx::PgPool, users: hydracache_db::DbCache) -> hydracache_db::Result<()> {
/// let feed = hydracache_db::postgres::change_feed(pool).apply_to(&users).start().await?;
/// // An update by anybody makes the next read load.
/// feed.caught_up().await?;
/// # Ok(())
/// # }
/// ```
pub fn change_feed(pool: PgPool) -> OutboxFollower<Postgres> {
    let listening = Arc::new(Mutex::new(Listening { pool: pool.clone(), listener: None }));
    let waker = move |poll| {
        let listening = Arc::clone(&listening);
        let waiting: crate::sqlx::Boxed<'static, ()> = Box::pin(async move {
            let mut listening = listening.lock().await;
            // Whatever becomes of it, the outbox is read afterwards.
            let _ = tokio::time::timeout(poll, listening.heard()).await;
        });
        waiting
    };
    OutboxFollower::new(pool).poll_every(POLL).woken_by(Box::new(waker))
}

/// The connection that listens, when there is one.
struct Listening {
    pool: PgPool,
    listener: Option<PgListener>,
}

impl Listening {
    /// Ends when the server has told something, or may have told something that was not heard.
    async fn heard(&mut self) {
        let Some(listener) = &mut self.listener else {
            match self.listen().await {
                Ok(listener) => self.listener = Some(listener),
                // The next pass tells what is wrong with the database.
                Err(_) => std::future::pending().await,
            }
            // What was told before it listened is in the table.
            return;
        };
        match listener.try_recv().await {
            // One pass is enough for all that was told at once.
            Ok(Some(_)) => while listener.next_buffered().is_some() {},
            Ok(None) | Err(_) => self.listener = None,
        }
    }

    async fn listen(&self) -> ::sqlx::Result<PgListener> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen(CHANNEL).await?;
        Ok(listener)
    }
}

/// Makes the triggers of an entity's table, in one transaction; see [`triggers`].
///
/// # Errors
///
/// [`NoTable`](DbErrorKind::NoTable), and those of the database as [`Outbox`](DbErrorKind::Outbox).
pub async fn install_triggers<E: CacheEntity>(pool: &PgPool) -> Result<()> {
    let sql = triggers::<E>()?.to_string();
    let told = |error| {
        let context = Context { entity: Some(E::ENTITY.to_owned()), ..Context::of("install_triggers") };
        DbError::caused_by(DbErrorKind::Outbox, context, error)
    };
    // Several statements at once are one transaction.
    ::sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.map(drop).map_err(told)
}
