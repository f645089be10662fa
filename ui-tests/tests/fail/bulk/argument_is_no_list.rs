use std::collections::HashMap;

use hydracache::cached;

#[cached(bulk = ids)]
async fn f(ids: u64) -> HashMap<u64, u64> {
    HashMap::from([(ids, ids)])
}

fn main() {}
