use hydracache::cached_impl;

struct Repo<'a>(&'a str);

#[cached_impl(name = "repo")]
impl<'a> Repo<'a> {
    #[cached(receiver = self.0, loader)]
    fn find(&self, id: u64) -> u64 {
        id + self.0.len() as u64
    }
}

fn main() {}
