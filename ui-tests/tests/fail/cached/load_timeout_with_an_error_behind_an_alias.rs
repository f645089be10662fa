use hydracache::cached;

type Loaded = Result<u64, std::fmt::Error>;

#[cached(load_timeout = "5s")]
async fn f(id: u64) -> Loaded {
    Ok(id)
}

fn main() {}
