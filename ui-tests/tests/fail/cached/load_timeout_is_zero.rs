use hydracache::cached;

#[cached(load_timeout = "0ms")]
async fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
