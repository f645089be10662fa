use hydracache::cached_impl;

#[cached_impl]
mod repo {
    pub struct Repo;
}

fn main() {}
