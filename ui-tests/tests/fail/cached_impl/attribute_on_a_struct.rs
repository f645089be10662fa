use hydracache::cached_impl;

#[cached_impl]
struct Repo {
    tenant: u64,
}

fn main() {}
