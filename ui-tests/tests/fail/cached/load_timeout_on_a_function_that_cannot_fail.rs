use hydracache::cached;

#[cached(load_timeout = "5s")]
async fn f(id: u64) -> u64 {
    id
}

fn main() {}
