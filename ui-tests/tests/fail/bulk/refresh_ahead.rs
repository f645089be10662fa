use std::collections::HashMap;

use hydracache::cached;

#[cached(bulk = ids, ttl = "5m", refresh_ahead = "1m")]
async fn f(ids: &[u64]) -> HashMap<u64, u64> {
    ids.iter().map(|id| (*id, *id)).collect()
}

fn main() {}
