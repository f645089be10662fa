use hydracache::cached;

#[cached(adopt = false)]
fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
