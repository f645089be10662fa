use hydracache::cached_impl;

struct Repo;

#[cached_impl(name = "repo")]
impl Repo {}

fn main() {}
