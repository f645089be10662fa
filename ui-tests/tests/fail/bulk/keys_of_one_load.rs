use std::collections::HashMap;

use hydracache::cached;

#[cached(bulk = ids, ttl = "5m", stale_on_error = "1m", load_timeout = "1s", single_flight = false, when = true, errors = "1s", adopt = false)]
async fn f(ids: &[u64]) -> Result<HashMap<u64, u64>, String> {
    Ok(ids.iter().map(|id| (*id, *id)).collect())
}

fn main() {}
