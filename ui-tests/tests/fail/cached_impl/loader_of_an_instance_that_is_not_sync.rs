use hydracache::cached_impl;
use std::cell::Cell;

struct Repo(Cell<u64>);

#[cached_impl(name = "repo")]
impl Repo {
    #[cached(receiver = skip, loader)]
    fn find(&self, id: u64) -> u64 {
        id + self.0.get()
    }
}

fn main() {}
