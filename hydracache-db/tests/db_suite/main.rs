//! One conformance suite for every adapter on every database: what a program is promised, whatever it reads with.
//!
//! `HYDRACACHE_COMMITS` says how many commits the race of readers with a writer has; 2,000 if it does not.
#![cfg(all(feature = "sqlx-sqlite", feature = "sqlx-postgres", feature = "sqlx-mysql"))]
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

mod behaviours;
mod kit;
#[macro_use]
mod suite;

db_suite!(sqlx_on_sqlite, crate::kit::on_sqlx::OnSqlx<sqlx::Sqlite>);
db_suite!(sqlx_on_postgres, crate::kit::on_sqlx::OnSqlx<sqlx::Postgres>);
db_suite!(sqlx_on_mariadb, crate::kit::on_sqlx::OnSqlx<sqlx::MySql>);

#[cfg(feature = "sea-orm-sqlite")]
db_suite!(sea_orm_on_sqlite, crate::kit::on_sea_orm::OnSeaOrm<crate::kit::on_sea_orm::Sqlite>);
#[cfg(feature = "sea-orm-postgres")]
db_suite!(sea_orm_on_postgres, crate::kit::on_sea_orm::OnSeaOrm<crate::kit::on_sea_orm::Postgres>);
#[cfg(feature = "sea-orm-mysql")]
db_suite!(sea_orm_on_mariadb, crate::kit::on_sea_orm::OnSeaOrm<crate::kit::on_sea_orm::MariaDb>);

#[cfg(all(feature = "diesel-r2d2", feature = "diesel-sqlite", feature = "diesel-postgres"))]
mod diesel_blocking {
    db_suite!(on_sqlite, crate::kit::on_diesel::OnDiesel<hydracache_db::diesel::diesel::SqliteConnection>);
    db_suite!(on_postgres, crate::kit::on_diesel::OnDiesel<hydracache_db::diesel::diesel::PgConnection>);
}

#[cfg(all(
    feature = "diesel-async-deadpool",
    feature = "diesel-async-postgres",
    feature = "diesel-async-mysql"
))]
mod diesel_async {
    db_suite!(on_postgres, crate::kit::on_diesel_async::OnPostgres);
    db_suite!(on_mariadb, crate::kit::on_diesel_async::OnMariaDb);
}
