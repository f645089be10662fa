use std::rc::Rc;

use hydracache::cached;

#[cached(ttl = "5m", refresh_ahead = "1m", skip(shared))]
fn f(shared: Rc<u64>, id: u64) -> u64 {
    *shared + id
}

fn main() {}
