use hydracache::cached;

#[cached(jitter = "51%")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
