use hydracache::cached;

#[cached]
fn f(id: u64) -> &'static str {
    if id == 0 { "none" } else { "some" }
}

fn main() {}
