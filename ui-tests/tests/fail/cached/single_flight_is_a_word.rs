use hydracache::cached;

#[cached(single_flight = no)]
async fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
