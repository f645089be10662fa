use hydracache::cached;

#[cached(errors = 5)]
async fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
