use hydracache::cached;

#[cached(share_error = Clone::clone)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
