//! `cargo xtask build-time`: what the attribute costs the compiler, beside the same cache used by hand.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;

use crate::workspace;

/// Functions in each crate.
const FUNCTIONS: usize = 200;

/// How often each crate is built.
const ROUNDS: usize = 3;

/// The aim: how much longer the attributes may take.
const AIM: f64 = 1.3;

/// How far the compiler is asked to go.
struct Goal {
    name: &'static str,
    /// What cargo is told.
    arguments: &'static [&'static str],
}

const GOALS: &[Goal] = &[
    Goal { name: "cargo check", arguments: &["check"] },
    Goal { name: "cargo build", arguments: &["build"] },
];

/// Builds both crates in turns and prints the medians and their ratio.
pub(crate) fn run() -> anyhow::Result<()> {
    let own = PathBuf::from(workspace::metadata()?.target_directory).join("build-time");
    let crates = [("annotated", annotated()), ("by_hand", by_hand())];
    write_crates(&own, &crates)?;
    let [annotated, by_hand] = crates.map(|(name, _)| name);
    println!(
        "A library of {FUNCTIONS} functions, its dependencies already built; medians of {ROUNDS} builds. The processor's time \
         is that of all its cores together, and says more than the elapsed time where others use the machine.
"
    );
    println!(
        "| what is run | time | `#[cached]` | `get_or_load` by hand | ratio | aim, at most {AIM:.2} |
\
         |---|---|---:|---:|---:|---|"
    );
    for goal in GOALS {
        let mut times = [Vec::new(), Vec::new()];
        // The first round builds the dependencies, and is not counted.
        for round in 0..=ROUNDS {
            for (name, times) in [annotated, by_hand].into_iter().zip(&mut times) {
                let took = build(&own, name, goal)?;
                if round > 0 {
                    times.push(took);
                }
            }
        }
        for line in lines(goal.name, &times) {
            println!("{line}");
        }
    }
    Ok(())
}

/// What one build took.
#[derive(Debug, Clone, Copy)]
struct Took {
    elapsed: Duration,
    /// Unknown where the system does not say it in a file.
    processor: Option<Duration>,
}

/// Builds the crate alone, and says what that took.
fn build(own: &Path, name: &str, goal: &Goal) -> anyhow::Result<Took> {
    let folder = own.join("crates").join(name).join("src");
    let sources = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for source in sources {
        // Newer than what was built of it.
        let source = fs::File::options().append(true).open(source?.path())?;
        source.set_modified(SystemTime::now())?;
    }
    let mut command = Command::new(workspace::cargo_program());
    command.current_dir(own.join("crates")).args(goal.arguments).args([
        "--quiet",
        "--offline",
        "--package",
        name,
    ]);
    command.arg("--target-dir").arg(own.join("target"));
    let (started, before) = (Instant::now(), of_children());
    workspace::run(command)?;
    let processor = of_children().zip(before).map(|(after, before)| after.saturating_sub(before));
    Ok(Took { elapsed: started.elapsed(), processor })
}

/// What processes that have ended have used of the processor: those that we started, and those that they did.
fn of_children() -> Option<Duration> {
    read_ticks(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// The fields 16 and 17, in ticks, of which Linux counts a hundred a second for everybody. A name in parentheses, which may
/// have spaces in it, is the second field.
fn read_ticks(stat: &str) -> Option<Duration> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(13);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some(Duration::from_millis(10 * (ticks()? + ticks()?)))
}

fn lines(name: &str, [annotated, by_hand]: &[Vec<Took>; 2]) -> Vec<String> {
    let elapsed = |times: &[Took]| median(times.iter().map(|took| took.elapsed).collect());
    let processor = |times: &[Took]| median(times.iter().filter_map(|took| took.processor).collect());
    let lines = [
        ("elapsed", elapsed(annotated).zip(elapsed(by_hand))),
        ("processor", processor(annotated).zip(processor(by_hand))),
    ];
    let line = |(time, of_both): (_, Option<(f64, f64)>)| {
        let (annotated, by_hand) = of_both?;
        let ratio = annotated / by_hand;
        let outcome = if ratio <= AIM { "met" } else { "**missed**" };
        Some(format!("| {name} | {time} | {annotated:.2} s | {by_hand:.2} s | {ratio:.2} | {outcome} |"))
    };
    lines.into_iter().filter_map(line).collect()
}

/// In seconds.
fn median(mut times: Vec<Duration>) -> Option<f64> {
    times.sort_unstable();
    times.get(times.len() / 2).map(Duration::as_secs_f64)
}

/// A workspace of both, with the versions in our lockfile.
fn write_crates(own: &Path, crates: &[(&str, String)]) -> anyhow::Result<()> {
    let root = own.join("crates");
    fs::create_dir_all(&root).with_context(|| format!("cannot make {}", root.display()))?;
    let names: Vec<_> = crates.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    // Debug information as in our own profile; incremental builds would compare how much of it can be saved.
    let manifest = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [{}]\n\n[profile.dev]\ndebug = \"line-tables-only\"\n\
         incremental = false\n",
        names.join(", ")
    );
    fs::write(root.join("Cargo.toml"), manifest)?;
    fs::copy(workspace::root().join("Cargo.lock"), root.join("Cargo.lock"))?;
    for (name, source) in crates {
        let folder = root.join(name);
        fs::create_dir_all(folder.join("src"))?;
        fs::write(folder.join("Cargo.toml"), package(name))?;
        fs::write(folder.join("src/lib.rs"), source)?;
    }
    Ok(())
}

fn package(name: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         hydracache = {{ path = '{}' }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n",
        workspace::root().join("hydracache").display()
    )
}

/// What both have in common.
const COMMON: &str = r#"use serde::{Deserialize, Serialize};

#[derive(Clone, Default)]
pub struct Db;

#[derive(Clone, Serialize, Deserialize)]
pub struct User {
    pub id: u64,
    pub name: String,
}

#[derive(Debug, Clone)]
pub struct DbError;

impl std::fmt::Display for DbError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the database failed")
    }
}

impl std::error::Error for DbError {}

impl Db {
    pub async fn query(&self, id: u64, table: u32) -> Result<User, DbError> {
        if id == 0 { Err(DbError) } else { Ok(User { id, name: table.to_string() }) }
    }
}
"#;

/// Functions with the attribute.
fn annotated() -> String {
    let function = |at: usize| {
        format!(
            r#"
#[cached(name = "users.get{at}", key = "user:{{id}}", tags = ["users", "user:{{id}}"], ttl = "5m")]
pub async fn get_user{at}(db: &Db, id: u64) -> Result<User, DbError> {{
    db.query(id, {at}).await
}}
"#
        )
    };
    crate_of("use hydracache::cached;\n", function)
}

/// The same functions by somebody who knows only the cache.
fn by_hand() -> String {
    let function = |at: usize| {
        format!(
            r#"
pub async fn get_user{at}(cache: &HydraCache, db: &Db, id: u64) -> CacheResult<User> {{
    let key = CacheKeyBuilder::new().segment("users.get{at}").entity("user", id).build();
    let options = CacheOptions::new().ttl(Duration::from_secs(300)).tag("users").tag(format!("user:{{id}}"));
    let db = db.clone();
    cache.get_or_load(key.as_str(), options, move || async move {{ db.query(id, {at}).await }}).await
}}
"#
        )
    };
    let uses = "use std::time::Duration;\nuse hydracache::{CacheKeyBuilder, CacheOptions, CacheResult, HydraCache};\n";
    crate_of(uses, function)
}

fn crate_of(uses: &str, function: impl Fn(usize) -> String) -> String {
    let mut library = format!("{uses}{COMMON}");
    library.extend((0..FUNCTIONS).map(function));
    library
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_crates_have_the_same_functions() {
        for library in [annotated(), by_hand()] {
            assert_eq!(library.matches("pub async fn get_user").count(), FUNCTIONS);
            assert!(library.contains("pub async fn get_user199("), "{library}");
        }
    }

    #[test]
    fn a_line_has_the_medians_and_says_whether_the_aim_is_met() {
        let took = |seconds| {
            let elapsed = Duration::from_secs(seconds);
            Took { elapsed, processor: Some(elapsed * 2) }
        };
        let shown = lines("check", &[[13, 11, 12].map(took).to_vec(), [30, 10, 10].map(took).to_vec()]);
        let elapsed = "| check | elapsed | 12.00 s | 10.00 s | 1.20 | met |";
        assert_eq!(shown, [elapsed, "| check | processor | 24.00 s | 20.00 s | 1.20 | met |"]);
        let alone = |seconds| vec![Took { processor: None, ..took(seconds) }];
        let shown = lines("check", &[alone(2), alone(1)]);
        assert!(matches!(&shown[..], [only] if only.contains("missed")), "{shown:?}");
    }

    #[test]
    fn the_time_of_children_is_read_behind_a_name_with_anything_in_it() {
        let stat = "12 (a) name)) S 1 2 3 4 5 6 7 8 9 10 11 12 150 50 20 0 1";
        assert_eq!(read_ticks(stat), Some(Duration::from_secs(2)));
        assert_eq!(read_ticks("12 (name) S 1 2"), None);
    }
}
