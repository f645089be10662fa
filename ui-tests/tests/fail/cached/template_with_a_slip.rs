use hydracache::cached;

#[cached(key = "user:{regoin}:{id}")]
fn f(id: u64, region: u8) -> u64 {
    id + u64::from(region)
}

fn main() {}
