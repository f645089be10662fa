use hydracache::cached;

#[cached(tags = ["user:{uid}"])]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
