use hydracache::cached;

#[cached(when = Some(id), enabled = ())]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
