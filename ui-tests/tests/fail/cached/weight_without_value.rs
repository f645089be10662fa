use hydracache::cached;

#[cached(weight)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
