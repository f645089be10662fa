use std::collections::HashMap;

use hydracache::cached;

#[cached]
async fn g(id: u64) -> String {
    id.to_string()
}

#[cached(bulk = ids, entries = g(*ids))]
async fn f(ids: &[u64]) -> HashMap<u64, u64> {
    ids.iter().map(|id| (*id, *id)).collect()
}

fn main() {}
