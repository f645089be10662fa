use hydracache::cached;

#[cached(wait_timeout = "300000d")]
async fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
