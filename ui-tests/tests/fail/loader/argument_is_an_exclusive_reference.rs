use hydracache::cached;

#[cached(name = "f", key = "{id}", loader)]
fn f(calls: &mut u64, id: u64) -> u64 {
    *calls += 1;
    id
}

fn main() {}
