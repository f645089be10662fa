use std::collections::HashMap;

use hydracache::cached;

#[derive(Clone, PartialEq, Eq, Hash)]
struct Id(u64);

#[cached(bulk = ids)]
async fn f(ids: &[Id]) -> HashMap<Id, u64> {
    ids.iter().map(|id| (id.clone(), id.0)).collect()
}

fn main() {}
