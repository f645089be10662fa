use hydracache::cached;

type Loaded = Result<u64, String>;

#[cached(none = "skip")]
fn f(id: u64) -> Loaded {
    Ok(id)
}

fn main() {}
