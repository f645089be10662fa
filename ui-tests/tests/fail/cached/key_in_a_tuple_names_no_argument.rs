use hydracache::cached;

#[cached(key = ("user:{uid}", id))]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
