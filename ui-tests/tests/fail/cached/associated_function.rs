use hydracache::cached;

struct Repo;

impl Repo {
    #[cached]
    fn f(id: u64) -> u64 {
        id
    }
}

fn g() -> u64 {
    Repo::f(1)
}

fn main() {}
