use hydracache::cached_impl;

struct Repo<T>(T);

#[cached_impl(name = "repo")]
impl<T: Send + Sync + 'static> Repo<T> {
    #[cached(receiver = skip, loader)]
    fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
