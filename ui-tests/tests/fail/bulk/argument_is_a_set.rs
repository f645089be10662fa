use std::collections::HashMap;

use hydracache::cached;

use std::collections::HashSet;

#[cached(bulk = ids)]
async fn f(ids: HashSet<u64>) -> HashMap<u64, u64> {
    ids.iter().map(|id| (*id, *id)).collect()
}

fn main() {}
