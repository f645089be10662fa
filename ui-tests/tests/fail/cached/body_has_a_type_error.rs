use hydracache::cached;

#[cached]
fn f(id: u64) -> u64 {
    id.to_string()
}

fn main() {}
