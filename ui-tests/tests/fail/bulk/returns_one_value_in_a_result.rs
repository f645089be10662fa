use hydracache::cached;

#[cached(bulk = ids)]
async fn f(ids: &[u64]) -> Result<u64, String> {
    Ok(ids[0])
}

fn main() {}
