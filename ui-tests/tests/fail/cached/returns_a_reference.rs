use hydracache::cached;

#[cached]
fn f(names: &[String]) -> &str {
    &names[0]
}

fn main() {}
