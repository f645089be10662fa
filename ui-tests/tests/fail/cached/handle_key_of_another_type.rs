use hydracache::cached;

#[cached(key = "user:{id}")]
fn get_user(region: &str, id: u64) -> u64 {
    id + region.len() as u64
}

fn forget(region: &str) {
    get_user::invalidate(region).fire();
}

fn main() {}
