use hydracache::cached;

struct Repo;

impl Repo {
    #[cached(receiver = skip)]
    fn f(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
