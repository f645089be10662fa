use std::collections::HashMap;

use hydracache::cached;

#[derive(serde::Serialize, serde::Deserialize)]
struct User(u64);

#[cached(bulk = ids)]
async fn f(ids: &[u64]) -> HashMap<u64, User> {
    ids.iter().map(|id| (*id, User(*id))).collect()
}

fn main() {}
