use hydracache::cached;

#[cached(key = "user:{uid}")]
fn f(user_id: u64, region: u8) -> u64 {
    user_id + u64::from(region)
}

fn main() {}
