use hydracache::cached;

#[cached(errors = "18446744073709551615d")]
async fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
