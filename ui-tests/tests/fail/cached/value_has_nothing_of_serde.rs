use hydracache::cached;

#[derive(Clone)]
struct Pattern(String);

#[cached]
async fn f(text: &str) -> Pattern {
    Pattern(text.to_owned())
}

fn main() {}
