use hydracache::cached;

use hydracache::KeySegment;

#[derive(Clone, KeySegment)]
struct Id(u64);

#[cached(bulk = ids, by = |id| Id(*id))]
async fn f(ids: &[Id]) -> Vec<u64> {
    ids.iter().map(|id| id.0).collect()
}

fn main() {}
