use hydracache::cached;

#[cached(receiver = self.tenant)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
