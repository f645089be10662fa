//! Rendezvous hashing: every member ranks all members for a key, and the highest owns it.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A member as ownership sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    node: String,
    seed: u64,
    weight: u32,
}

impl Candidate {
    /// A member of weight 1.
    pub fn new(node: impl Into<String>) -> Self {
        Self::weighted(node, 1)
    }

    /// A member that owns `weight` times the share of a member of weight 1. A member of weight 0 owns nothing.
    pub fn weighted(node: impl Into<String>, weight: u32) -> Self {
        let node = node.into();
        let seed = xxh3_64_with_seed(node.as_bytes(), 0);
        Self { node, seed, weight }
    }

    /// The id of the member.
    pub fn node(&self) -> &str {
        &self.node
    }

    /// How much the member wants the key: `-weight / ln(u)` of a uniform `u`, which gives each member its share.
    fn score(&self, key: &[u8]) -> f64 {
        if self.weight == 0 {
            return f64::NEG_INFINITY;
        }
        // 53 bits and a half, so that the number lies strictly between 0 and 1.
        #[allow(clippy::cast_precision_loss, reason = "53 bits fit exactly")]
        let uniform = ((xxh3_64_with_seed(key, self.seed) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        -f64::from(self.weight) / uniform.ln()
    }
}

/// The member that owns `key`: every process that knows the same members finds the same one.
///
/// When a member leaves, only the keys it owned move; when one joins, it takes its share and no other key moves.
/// The order of `members` does not matter. `None` when no member has a weight. O(members).
///
/// Weighted rendezvous hashing after Thaler and Ravishankar (1998) and Schindelhauer and Schomaker (2005), over
/// XXH3 with 64 bits.
///
/// ```
/// use hydracache_cluster::{Candidate, owner_for_key};
///
/// let members = [Candidate::new("a"), Candidate::new("b"), Candidate::new("c")];
/// let owner = owner_for_key("user:42", &members).expect("there are members");
/// let others: Vec<_> = members.iter().filter(|member| *member != owner).cloned().collect();
/// assert_ne!(owner_for_key("user:42", &others).map(Candidate::node), Some(owner.node()));
/// ```
pub fn owner_for_key<'a>(key: &str, members: &'a [Candidate]) -> Option<&'a Candidate> {
    members.iter().filter(|member| member.weight > 0).max_by(|a, b| {
        let (first, second) = (a.score(key.as_bytes()), b.score(key.as_bytes()));
        first.total_cmp(&second).then_with(|| a.node.cmp(&b.node))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn members(names: &[&str]) -> Vec<Candidate> {
        names.iter().map(|name| Candidate::new(*name)).collect()
    }

    fn shares(members: &[Candidate], keys: u32) -> HashMap<&str, u32> {
        let mut shares = HashMap::new();
        for key in 0..keys {
            *shares.entry(owner_for_key(&format!("key:{key}"), members).unwrap().node()).or_default() += 1;
        }
        shares
    }

    #[test]
    fn the_order_of_the_members_does_not_matter() {
        let (one, other) = (members(&["a", "b", "c", "d"]), members(&["d", "b", "a", "c"]));
        for key in 0..1_000 {
            let key = format!("key:{key}");
            assert_eq!(owner_for_key(&key, &one), owner_for_key(&key, &other));
        }
    }

    #[test]
    fn a_member_that_leaves_moves_its_own_keys_only() {
        let (all, fewer) = (members(&["a", "b", "c", "d"]), members(&["a", "b", "c"]));
        for key in 0..1_000 {
            let key = format!("key:{key}");
            let before = owner_for_key(&key, &all).unwrap();
            if before.node() != "d" {
                assert_eq!(owner_for_key(&key, &fewer), Some(before));
            }
        }
    }

    #[test]
    fn shares_follow_the_weights() {
        let even = members(&["a", "b", "c", "d"]);
        assert!(shares(&even, 40_000).values().all(|&share| (9_500..10_500).contains(&share)));
        let uneven = [Candidate::weighted("a", 3), Candidate::new("b"), Candidate::weighted("idle", 0)];
        let shares = shares(&uneven, 40_000);
        assert!((29_300..30_700).contains(&shares["a"]), "{shares:?}");
        assert_eq!(shares.get("idle"), None);
    }

    #[test]
    fn nobody_owns_anything_where_there_are_no_members() {
        assert_eq!(owner_for_key("key", &[]), None);
        assert_eq!(owner_for_key("key", &[Candidate::weighted("idle", 0)]), None);
    }
}
