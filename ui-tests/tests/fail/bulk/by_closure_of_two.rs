use hydracache::cached;

#[cached(bulk = ids, by = |a, b| *a)]
async fn f(ids: &[u64]) -> Vec<u64> {
    ids.to_vec()
}

fn main() {}
