use hydracache::cached_impl;

struct Id(u64);

struct Repo;

#[cached_impl]
impl Repo {
    #[cached(receiver = skip)]
    fn find(&self, id: Id) -> u64 {
        id.0
    }
}

fn main() {}
