use hydracache::cached;

#[cached]
fn f(name: &str) -> Result<u64, &str> {
    Err(name)
}

fn main() {}
