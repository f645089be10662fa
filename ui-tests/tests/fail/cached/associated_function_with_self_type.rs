use hydracache::cached;

struct Repo;

impl Repo {
    const START: u64 = 5;

    #[cached]
    fn f(id: u64) -> u64 {
        Self::START + id
    }
}

fn g() -> u64 {
    Repo::f(1)
}

fn main() {}
