use hydracache::cached_impl;

struct Repo;

#[cached_impl]
impl Repo {
    #[cached]
    fn find(id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = Repo::find_cache().remove(1);
}
