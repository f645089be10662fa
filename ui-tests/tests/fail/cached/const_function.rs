use hydracache::cached;

#[cached]
const fn f(id: u64) -> u64 {
    id
}

const SEVEN: u64 = f(7);

fn main() {}
