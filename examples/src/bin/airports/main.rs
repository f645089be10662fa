//! An HTTP service over 28,298 real airports, and a replay of a real trace against its repository.

mod api_error;
mod arguments;
mod calls;
mod comparison;
mod database;
mod geography;
mod http;
mod load;
mod model;
mod progress;
mod replay;
mod repository;
mod source;
mod table;
#[cfg(test)]
mod testing;
mod trace;

use std::fmt::{self, Display, Formatter};
use std::net::Ipv4Addr;
use std::process::ExitCode;

use arguments::{Command, Options};
use calls::{Call, Calls};
use comparison::Plan;
use database::Database;
use hydracache::{HydraCache, Runtime};
use repository::Airports;

/// What the cache keeps: about a quarter of the different requests of the trace.
const CACHED_ANSWERS: u64 = 50_000;

#[tokio::main]
async fn main() -> ExitCode {
    let options = match arguments::parse(lexopt::Parser::from_env()) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("airports: {error}\n\n{}", arguments::HELP);
            return ExitCode::from(2);
        }
    };
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("airports: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), Failure> {
    if matches!(options.command, Command::Help) {
        println!("{}", arguments::HELP);
        return Ok(());
    }
    let cache = HydraCache::local().name("airports").max_capacity(CACHED_ANSWERS).build();
    Runtime::builder().cache(cache).install().map_err(Failure::new)?;
    let database = Database::open(options.database.as_deref()).await.map_err(Failure::new)?;
    let airports = Airports::new(database.pool());
    let outcome = match options.command {
        Command::Replay(plan) => replay(&airports, plan).await,
        Command::Serve { port } => serve(airports, port).await,
        Command::Help => Ok(()),
    };
    // Also after a failure: closing folds the write-ahead log back and removes a temporary file.
    database.close().await;
    outcome
}

/// Plays the trace twice and prints both reports side by side.
async fn replay(airports: &Airports, plan: Plan) -> Result<(), Failure> {
    let trace = trace::oltp().map_err(Failure::new)?;
    let codes = airports.codes().await.map_err(Failure::new)?;
    let calls = Calls::new(trace, codes).map_err(Failure::new)?;
    let without = airports.clone();
    let uncached = move |call: Call| {
        let airports = without.clone();
        async move { Airports::nearby_cache().uncached(&airports, &call.icao, call.radius_km).await.map(drop) }
    };
    let with = airports.clone();
    let cached = move |call: Call| {
        let airports = with.clone();
        async move { airports.nearby(&call.icao, call.radius_km).await.map(drop) }
    };
    let compared = comparison::compare(&calls, &plan, &airports.queries(), uncached, cached).await;
    println!("{}", compared.map_err(Failure::new)?);
    let (kept, asked) = (table::thousands(CACHED_ANSWERS.into()), table::thousands(calls.distinct() as u128));
    println!("The cache keeps {kept} answers; the trace asks {asked} different questions.");
    Ok(())
}

async fn serve(airports: Airports, port: u16) -> Result<(), Failure> {
    let address = (Ipv4Addr::LOCALHOST, port);
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .map_err(|error| Failure(format!("cannot listen on 127.0.0.1:{port}: {error}")))?;
    let bound = listener.local_addr().map_err(Failure::new)?;
    println!("serving http://{bound}/airports/EGLL and http://{bound}/airports/EGLL/nearby?radius_km=50");
    axum::serve(listener, http::routes(airports))
        .with_graceful_shutdown(http::until_interrupted())
        .await
        .map_err(Failure::new)
}

/// What ends the program: the message of the typed error that a part returned.
struct Failure(String);

impl Failure {
    fn new(error: impl std::error::Error) -> Self {
        Self(error.to_string())
    }
}

impl Display for Failure {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
