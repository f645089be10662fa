//! Tags, times and weights are texts, expressions of the arguments, or closures of the value.

#![deny(warnings)]

use std::time::Duration;

use hydracache::{Tag, cached};

const MINUTE: Duration = Duration::from_secs(60);

fn team(id: u64) -> String {
    format!("team:{id}")
}

#[cached(
    tags = ["users", "user:{id}", team(id), Tag::entity("region", region), region, &format!("x{id}"), "{{literal}}"],
    ttl = MINUTE * 5
)]
async fn arguments(id: u64, region: &str) -> Result<String, String> {
    Ok(format!("{id}{region}"))
}

#[cached(tags = |words| words.iter().map(|word| format!("word:{word}")), ttl = |words| {
    if words.is_empty() {
        return None;
    }
    Some(MINUTE)
}, weight = |words: &Vec<String>| u32::try_from(words.len()).unwrap_or(u32::MAX))]
fn value(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

#[cached(tags = |words| words, ttl = "1h 30m")]
fn borrowed(text: &str) -> Vec<String> {
    vec![text.to_owned()]
}

#[cached(key = "{seconds.as_secs()}", tags = |_| ["one", "two"], ttl = seconds)]
fn fixed(seconds: Duration) -> u64 {
    seconds.as_secs()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((arguments(1, "eu").await, arguments(1, "eu").await), (Ok("1eu".into()), Ok("1eu".into())));
    hydracache::Runtime::current().default_cache().invalidate_tag("region:eu").fire();
    assert_eq!((arguments(1, "eu").await, arguments::stats().loads), (Ok("1eu".into()), 2));
    assert_eq!(
        (value("a b"), value("a b"), value::stats().loads),
        (vec!["a".into(), "b".into()], value("a b"), 1)
    );
    hydracache::Runtime::current().default_cache().invalidate_tag("word:b").fire();
    assert_eq!((value("a b").len(), value::stats().loads), (2, 2));
    assert_eq!((borrowed("a"), borrowed("a"), borrowed::stats().loads), (vec!["a".into()], borrowed("a"), 1));
    assert_eq!((fixed(MINUTE), fixed(MINUTE), fixed::stats().loads), (60, 60, 1));
}
