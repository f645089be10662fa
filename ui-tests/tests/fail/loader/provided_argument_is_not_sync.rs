use hydracache::cached;

use std::cell::Cell;

#[cached(name = "f", skip(calls), loader)]
fn f(calls: &Cell<u64>, id: u64) -> u64 {
    calls.set(calls.get() + 1);
    id
}

fn main() {}
