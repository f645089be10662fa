use hydracache::cached;

#[cached(tags = |id, value| [format!("user:{id}")])]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
