use hydracache::cached;

#[cached(bulk = ids)]
async fn f(ids: &[u64]) {
    let _ = ids;
}

fn main() {}
