use hydracache::cached;

#[cached(skip(trace, trace))]
fn f(id: u64, trace: bool) -> u64 {
    id + u64::from(trace)
}

fn main() {}
