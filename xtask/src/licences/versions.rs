//! Finds crates that are built more than once because their versions are incompatible.

use std::collections::BTreeMap;

use cargo_metadata::semver::Version;

/// Each crate that is present in several incompatible versions, with all of them in ascending order.
pub(super) fn duplicates<'a>(
    packages: impl Iterator<Item = (&'a str, &'a Version)>,
) -> BTreeMap<&'a str, Vec<String>> {
    let mut by_name: BTreeMap<&str, Vec<&Version>> = BTreeMap::new();
    for (name, version) in packages {
        by_name.entry(name).or_default().push(version);
    }
    by_name.retain(|_, versions| {
        versions.sort_unstable();
        versions.iter().any(|version| line(version) != line(versions[0]))
    });
    by_name
        .into_iter()
        .map(|(name, versions)| (name, versions.iter().map(ToString::to_string).collect()))
        .collect()
}

/// The part of a version that must be equal for cargo to merge two: the first one that is not zero.
fn line(version: &Version) -> (u64, u64, u64) {
    match (version.major, version.minor) {
        (0, 0) => (0, 0, version.patch),
        (0, minor) => (0, minor, 0),
        (major, _) => (major, 0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(packages: &[(&str, &str)]) -> Vec<String> {
        let parsed: Vec<(&str, Version)> =
            packages.iter().map(|(name, version)| (*name, Version::parse(version).unwrap())).collect();
        duplicates(parsed.iter().map(|(name, version)| (*name, version)))
            .into_iter()
            .map(|(name, versions)| format!("{name} {}", versions.join(" ")))
            .collect()
    }

    #[test]
    fn only_incompatible_versions_count() {
        assert_eq!(found(&[("a", "2.0.0"), ("a", "1.9.0"), ("b", "1.0.0")]), ["a 1.9.0 2.0.0"]);
        assert_eq!(found(&[("a", "1.0.0"), ("a", "1.9.0")]), [""; 0]);
    }

    #[test]
    fn before_one_the_minor_version_decides_and_before_that_the_patch() {
        assert_eq!(found(&[("a", "0.1.0"), ("a", "0.2.0")]), ["a 0.1.0 0.2.0"]);
        assert_eq!(found(&[("a", "0.1.0"), ("a", "0.1.9")]), [""; 0]);
        assert_eq!(found(&[("a", "0.0.1"), ("a", "0.0.2")]), ["a 0.0.1 0.0.2"]);
    }
}
