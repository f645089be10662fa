use hydracache::cached;

#[cached(errors =, none = "")]
async fn f(id: u64) -> Result<Option<u64>, String> {
    Ok(Some(id))
}

fn main() {}
