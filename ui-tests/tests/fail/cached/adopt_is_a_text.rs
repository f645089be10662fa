use hydracache::cached;

#[cached(adopt = "false")]
async fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
