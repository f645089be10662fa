use hydracache::cached;

#[cached(name = "f", loader)]
async fn f(id: impl hydracache::KeySegment) -> u64 {
    let _ = id;
    7
}

fn main() {}
