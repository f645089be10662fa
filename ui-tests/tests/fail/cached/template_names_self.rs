use hydracache::cached;

#[cached(key = "{self.tenant}:{id}")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
