//! What the figures were taken on and when.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::process::Command;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

/// A sentence about the machine, the compiler and the date.
pub(crate) fn description() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{} with {cores} cores, {}, {}, {}{}.",
        cpu().unwrap_or_else(|| format!("a {ARCH} processor")),
        system().unwrap_or_else(|| OS.to_owned()),
        compiler().unwrap_or_else(|| "an unknown compiler".to_owned()),
        today(),
        load().map_or_else(String::new, |load| format!("; load average when it began: {load}")),
    )
}

fn cpu() -> Option<String> {
    let about = fs::read_to_string("/proc/cpuinfo").ok()?;
    let (_, model) = about.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'))?;
    Some(model.trim().to_owned())
}

fn system() -> Option<String> {
    let about = fs::read_to_string("/etc/os-release").ok()?;
    let name = about.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(name.trim_matches('"').to_owned())
}

fn compiler() -> Option<String> {
    let output = Command::new("rustc").arg("--version").output().ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    // The commit says no more than the version.
    Some(version.split(" (").next()?.trim().to_owned())
}

/// Others who use the machine at the same time are in the figures.
fn load() -> Option<String> {
    let load = fs::read_to_string("/proc/loadavg").ok()?;
    Some(load.split_ascii_whitespace().next()?.to_owned())
}

fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (year, month, day) = civil(seconds / 86_400);
    format!("{year}-{month:02}-{day:02}")
}

/// The date so many days after the first of January 1970, counted in years that begin in March.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        let dates = [0, 59, 11_016, 19_782, 20_778].map(civil);
        assert_eq!(dates, [(1970, 1, 1), (1970, 3, 1), (2000, 2, 29), (2024, 2, 29), (2026, 11, 21)]);
    }

    #[test]
    fn the_machine_is_described() {
        assert!(description().contains(" cores, "));
    }
}
