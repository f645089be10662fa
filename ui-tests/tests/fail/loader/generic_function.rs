use hydracache::cached;

#[cached(name = "f", loader)]
async fn f<T: hydracache::KeySegment + Send>(id: T) -> u64 {
    let _ = id;
    7
}

fn main() {}
