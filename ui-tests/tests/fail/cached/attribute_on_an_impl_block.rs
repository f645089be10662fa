use hydracache::cached;

struct Repo;

#[cached(name = "f")]
impl Repo {
    fn f(&self, id: u64) -> u64 {
        id
    }
}

fn g() -> u64 {
    Repo.f(1)
}

fn main() {}
