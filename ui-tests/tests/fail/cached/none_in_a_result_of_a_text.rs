use hydracache::cached;

#[cached(none = "5s")]
fn f(id: u64) -> Result<String, String> {
    Ok(id.to_string())
}

fn main() {}
