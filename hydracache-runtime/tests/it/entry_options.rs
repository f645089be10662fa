//! What is said about an entry: options, sets of tags.

use hydracache_runtime::{CacheOptions, Eviction, Tag, TagSet};

use crate::support::{cache, plain};

over_both_stores! {
    every_tag_that_was_added_ends_the_entry,
    one_tag_named_twice_is_one_tag,
}

fn names(options: &CacheOptions) -> Vec<&str> {
    options.tag_names().collect()
}

#[test]
fn tags_are_added_to_those_that_are_there() {
    let set = TagSet::new().tag("s").entity("user", 42).tenant("a:b");
    let options = plain().tag("a").tags(["b", "c"]).tag_set(set).tag(Tag::entity("post", 7)).tags(["d"]);
    assert_eq!(names(&options), ["a", "b", "c", "s", "user:42", "tenant:a%3Ab", "post:7", "d"]);
    assert_eq!(names(&plain()), [""; 0]);
}

#[test]
fn tags_come_from_all_usual_forms_of_text() {
    let owned = "owned".to_owned();
    let options = plain().tag("str").tag(&owned).tag(owned.clone()).tag(std::borrow::Cow::from("cow"));
    assert_eq!(names(&options), ["str", "owned", "owned", "cow"]);
    assert_eq!(Tag::entity("a:b", 1).as_str(), "a%3Ab:1", "the name of an entity is escaped as well");
}

#[test]
fn a_set_of_tags_can_be_used_again() {
    let set = TagSet::new().tag("a").tag("b");
    assert_eq!(set.clone().into_iter().collect::<Vec<_>>(), [Tag::from("a"), Tag::from("b")]);
    assert_eq!(names(&plain().tag_set(set.clone())), names(&plain().tag_set(set)));
}

async fn every_tag_that_was_added_ends_the_entry(eviction: Eviction) {
    let cache = cache(eviction);
    for tag in ["a", "b", "c", "s", "user:42"] {
        let set = TagSet::new().tag("s").entity("user", 42);
        cache.put("k", 1_u8, plain().tag("a").tags(["b", "c"]).tag_set(set)).await.unwrap();
        assert!(cache.contains_key("k").await);
        cache.invalidate_tag(tag).await.unwrap();
        assert!(!cache.contains_key("k").await, "`{tag}` was lost");
    }
}

async fn one_tag_named_twice_is_one_tag(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", 1_u8, plain().tag("a").tag("a")).await.unwrap();
    assert_eq!(cache.diagnostics().await.tags, 1);
    cache.invalidate_tag("a").await.unwrap();
    assert!(!cache.contains_key("k").await);
}
