use hydracache::cached;

#[cached]
fn f(id: u64) -> impl std::fmt::Display {
    id
}

fn main() {}
