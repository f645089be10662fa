use hydracache::cached;

#[cached(bulk = ids, by = |id| id.to_string())]
async fn f(ids: &[u64]) -> Vec<u64> {
    ids.to_vec()
}

fn main() {}
