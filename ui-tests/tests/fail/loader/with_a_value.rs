use hydracache::cached;

#[cached(name = "f", loader = true)]
async fn f(id: u64) -> u64 {
    id
}

fn main() {}
