use hydracache::cached_impl;

trait Find {
    fn find(&self, id: u64) -> u64;
}

#[cached_impl]
impl Find for dyn Send {
    #[cached(receiver = skip)]
    fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
