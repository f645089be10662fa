use hydracache::cached;

#[cached(bulk = ids)]
async fn f(ids: &[u64]) -> u64 {
    ids[0]
}

fn main() {}
