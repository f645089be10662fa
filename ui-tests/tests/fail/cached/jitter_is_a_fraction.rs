use hydracache::cached;

#[cached(jitter = "2.5%")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
