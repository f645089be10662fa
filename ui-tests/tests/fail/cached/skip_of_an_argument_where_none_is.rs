use hydracache::cached;

#[cached(skip(db))]
fn f() -> u64 {
    5
}

fn main() {}
