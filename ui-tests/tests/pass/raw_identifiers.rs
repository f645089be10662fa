//! Keywords can be names, written raw or, in a template, as they are.

#![deny(warnings)]

use hydracache::cached;

#[cached(key = "{type}:{match}:{r#loop}", tags = ["type:{r#type}"])]
fn r#fn(r#type: u64, r#match: u64, r#loop: u64, r#while: u64) -> u64 {
    r#type + r#match + r#loop + r#while
}

#[cached(name = "skipped", skip(r#type))]
async fn r#async(r#type: &str, id: u64) -> u64 {
    let _ = r#type;
    id
}

struct Repo;

impl Repo {
    #[cached(name = "repo", receiver = skip)]
    fn r#impl(&self, r#ref: u64) -> u64 {
        r#ref
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((r#fn(1, 2, 3, 4), r#fn(1, 2, 3, 5), r#fn::stats().loads), (10, 10, 1));
    assert!(r#fn::NAME.ends_with("::fn"), "{}", r#fn::NAME);
    assert_eq!((r#async("a", 1).await, r#async("b", 1).await, r#async::stats().loads), (1, 1, 1));
    assert_eq!((Repo.r#impl(1), Repo.r#impl(1)), (1, 1));
}
