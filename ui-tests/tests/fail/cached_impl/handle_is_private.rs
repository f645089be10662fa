mod repo {
    pub struct Repo;

    #[hydracache::cached_impl]
    impl Repo {
        #[cached]
        fn find(id: u64) -> u64 {
            id
        }
    }
}

fn main() {
    let _ = repo::Repo::find_cache();
}
