use hydracache::cached_impl;

#[cached_impl(name = "find")]
trait Find {
    fn find(&self, id: u64) -> u64;
}

fn main() {}
