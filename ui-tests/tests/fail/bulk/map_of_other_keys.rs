use std::collections::HashMap;

use hydracache::cached;

#[cached(bulk = ids)]
async fn f(ids: &[u64]) -> HashMap<String, u64> {
    ids.iter().map(|id| (id.to_string(), *id)).collect()
}

fn main() {}
