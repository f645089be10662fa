use hydracache::cached;

use std::rc::Rc;

#[cached(memory_only)]
fn f(id: u64) -> Rc<u64> {
    Rc::new(id)
}

fn main() {}
