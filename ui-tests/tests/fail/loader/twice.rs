use hydracache::cached;

#[cached(name = "f", loader, loader)]
async fn f(id: u64) -> u64 {
    id
}

fn main() {}
