use hydracache::cached_impl;

#[cached_impl]
fn find(id: u64) -> u64 {
    id
}

fn main() {}
