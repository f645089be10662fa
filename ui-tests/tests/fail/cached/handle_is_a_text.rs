use hydracache::cached;

#[cached(handle = "f_cache")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
