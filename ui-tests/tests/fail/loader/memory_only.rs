use hydracache::cached;

#[cached(name = "f", loader, memory_only)]
async fn f(id: u64) -> u64 {
    id
}

fn main() {}
