use hydracache::cached;

#[cached]
fn count() -> u8 {
    7
}

fn main() {
    let _ = count::get_many([1]);
}
