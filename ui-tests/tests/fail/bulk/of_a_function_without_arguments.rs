use std::collections::HashMap;

use hydracache::cached;

#[cached(bulk = ids)]
async fn f() -> HashMap<u64, u64> {
    HashMap::new()
}

fn main() {}
