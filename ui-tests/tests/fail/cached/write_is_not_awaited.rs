#![deny(unused_must_use)]

use hydracache::cached;

#[cached]
fn get_user(id: u64) -> u64 {
    id
}

fn forget(id: u64) {
    get_user::invalidate(id);
}

fn main() {}
