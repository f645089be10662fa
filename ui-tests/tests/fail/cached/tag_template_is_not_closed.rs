use hydracache::cached;

#[cached(tags = ["user:{id"])]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
