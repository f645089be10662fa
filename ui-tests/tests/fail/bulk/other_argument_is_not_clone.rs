use std::collections::HashMap;

use hydracache::cached;

struct Db;

#[cached(bulk = ids, skip(db))]
async fn f(db: Db, ids: &[u64]) -> HashMap<u64, u64> {
    let _ = db;
    ids.iter().map(|id| (*id, *id)).collect()
}

fn main() {}
