use hydracache::cached;

#[cached]
fn sum(a: u8, b: u8) -> u8 {
    a + b
}

fn main() {
    let _ = sum::get_many([1, 2]);
}
