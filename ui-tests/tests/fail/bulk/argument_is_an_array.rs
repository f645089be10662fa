use std::collections::HashMap;

use hydracache::cached;

#[cached(bulk = ids)]
async fn f(ids: [u64; 3]) -> HashMap<u64, u64> {
    ids.iter().map(|id| (*id, *id)).collect()
}

fn main() {}
