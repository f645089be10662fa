use hydracache::cached;

#[cached(single_flight = false, wait_timeout = "1s")]
async fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
