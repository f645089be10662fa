use hydracache::cached_impl;

struct Repo {
    reads: u64,
}

#[cached_impl]
impl Repo {
    #[cached(receiver = skip)]
    fn find(&mut self, id: u64) -> u64 {
        self.reads += 1;
        id
    }
}

fn main() {}
