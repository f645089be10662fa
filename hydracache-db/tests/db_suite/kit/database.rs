//! A fresh database, and somebody who writes to it and knows nothing of caches.

use hydracache_db::outbox;
use sqlx::{AssertSqlSafe, MySqlPool, PgPool, SqlitePool};

use super::{servers, within};

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
    MariaDb,
}

impl Kind {
    /// Whether there is a server whose connections can be cut.
    pub(crate) fn has_connections_to_cut(self) -> bool {
        self != Self::Sqlite
    }

    /// Whether a constraint can be looked at when a transaction commits, and refuse it.
    pub(crate) fn can_refuse_a_commit(self) -> bool {
        self != Self::MariaDb
    }

    /// The statement that tells the number of the connection it is run on.
    pub(crate) fn own_connection(self) -> &'static str {
        match self {
            Self::Sqlite => unreachable!("SQLite has no server"),
            Self::Postgres => "select pg_backend_pid()::bigint",
            Self::MariaDb => "select cast(connection_id() as signed)",
        }
    }
}

/// A database that is removed with it where it is a file.
pub(crate) struct Fresh {
    pub(crate) url: String,
    pub(crate) outside: Outside,
    _folder: Option<tempfile::TempDir>,
}

impl Fresh {
    /// A new database with three users and the tables of the outbox; none where its server is not there.
    pub(crate) async fn new(kind: Kind) -> Option<Self> {
        let (url, folder) = match kind {
            Kind::Sqlite => {
                let (url, folder) = servers::sqlite();
                (url, Some(folder))
            }
            Kind::Postgres => (servers::postgres().await?, None),
            Kind::MariaDb => (servers::mariadb().await?, None),
        };
        let outside = Outside::connect(kind, &url).await;
        outside.migrate().await;
        outside
            .run("create table users (id bigint primary key, name varchar(200) not null, version bigint not null)")
            .await;
        outside.run("insert into users values (1, 'Ada', 1), (2, 'Grace', 1), (3, 'Edith', 1)").await;
        Some(Self { url, outside, _folder: folder })
    }
}

/// Somebody beside the program under test.
#[derive(Clone)]
pub(crate) enum Outside {
    Sqlite(SqlitePool),
    Postgres(PgPool),
    MariaDb(MySqlPool),
}

/// The same on whichever pool it is.
macro_rules! on_pool {
    ($outside:expr, $pool:ident => $what:expr) => {
        match $outside {
            Outside::Sqlite($pool) => $what,
            Outside::Postgres($pool) => $what,
            Outside::MariaDb($pool) => $what,
        }
    };
}

impl Outside {
    async fn connect(kind: Kind, url: &str) -> Self {
        match kind {
            Kind::Sqlite => {
                let pool = SqlitePool::connect(url).await.unwrap();
                // Of the file: every other connection has it then.
                sqlx::raw_sql("pragma journal_mode = wal").execute(&pool).await.unwrap();
                Self::Sqlite(pool)
            }
            Kind::Postgres => Self::Postgres(PgPool::connect(url).await.unwrap()),
            Kind::MariaDb => Self::MariaDb(MySqlPool::connect(url).await.unwrap()),
        }
    }

    async fn migrate(&self) {
        on_pool!(self, pool => outbox::migrate(pool).await.unwrap());
    }

    pub(crate) async fn run(&self, sql: &str) {
        on_pool!(self, pool => drop(sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.unwrap()));
    }

    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        on_pool!(self, pool => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap())
    }

    /// How many rows the outbox has of which this holds.
    pub(crate) async fn outbox(&self, condition: &str) -> i64 {
        self.number(&format!("select count(*) from hydracache_outbox where {condition}")).await
    }

    pub(crate) async fn rename(&self, id: i64, name: &str) {
        self.run(&format!("update users set name = '{name}' where id = {id}")).await;
    }

    /// Ends a connection of somebody else, and waits until the server has done so.
    pub(crate) async fn cut(&self, connection: i64) {
        let left = match self {
            Self::Sqlite(_) => unreachable!("SQLite has no server"),
            Self::Postgres(_) => {
                self.run(&format!("select pg_terminate_backend({connection})")).await;
                format!("select count(*) from pg_stat_activity where pid = {connection}")
            }
            Self::MariaDb(_) => {
                self.run(&format!("kill {connection}")).await;
                format!("select count(*) from information_schema.processlist where id = {connection}")
            }
        };
        let gone = async {
            while self.number(&left).await != 0 {
                tokio::task::yield_now().await;
            }
        };
        within("a connection that was cut is gone", gone).await;
    }
}
