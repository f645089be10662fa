use hydracache::cached;

#[cached]
fn f(price: f64, id: u64) -> u64 {
    id + price as u64
}

fn main() {}
