use hydracache::cached;

#[cached(skip(make))]
fn f<T>(id: u64, make: fn(u64) -> T) -> T {
    make(id)
}

fn main() {}
