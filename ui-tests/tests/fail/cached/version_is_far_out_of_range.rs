use hydracache::cached;

#[cached(version = 18446744073709551616)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
