use hydracache::cached;

#[cached]
fn get_user(id: u64) -> u64 {
    id
}

mod get_user {}

fn main() {}
