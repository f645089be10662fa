use hydracache::cached;

#[cached(loader, memory_only, handle = none)]
async fn f<T: hydracache::KeySegment + Send>(id: T) -> u64 {
    let _ = id;
    7
}

fn main() {}
