use hydracache::cached;

#[cached(bulk = ids)]
async fn f(ids: &[u64]) -> Result<Vec<u64>, String> {
    Ok(ids.to_vec())
}

fn main() {}
