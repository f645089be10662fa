use hydracache::cached;

#[cached(tags = async |value| [value.to_string()])]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
