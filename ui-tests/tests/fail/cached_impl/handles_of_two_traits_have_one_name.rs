use hydracache::cached_impl;

trait Users {
    fn find(id: u64) -> u64;
}

trait Orders {
    fn find(id: u64) -> u64;
}

struct Repo;

#[cached_impl]
impl Users for Repo {
    #[cached]
    fn find(id: u64) -> u64 {
        id
    }
}

#[cached_impl]
impl Orders for Repo {
    #[cached]
    fn find(id: u64) -> u64 {
        id
    }
}

fn main() {}
