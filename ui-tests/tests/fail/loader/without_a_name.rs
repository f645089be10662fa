use hydracache::cached;

#[cached(loader)]
async fn f(id: u64) -> u64 {
    id
}

fn main() {}
