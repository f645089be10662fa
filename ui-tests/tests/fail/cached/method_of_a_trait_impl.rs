use hydracache::cached;

struct Repo;

trait Users {
    fn f(&self, id: u64) -> u64;
}

impl Users for Repo {
    #[cached(name = "f", receiver = skip)]
    fn f(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
