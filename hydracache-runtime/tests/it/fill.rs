//! Filling in what was read by hand: stored unless something overtook it.

use hydracache_runtime::{Eviction, HydraCache};

use crate::support::{cache, plain, tagged};

over_both_stores! {
    what_was_read_since_the_token_is_stored,
    whatever_overtook_the_read_refuses_it,
    an_invalidation_of_something_else_does_not_refuse_it,
    a_refused_fill_leaves_what_is_there,
    a_fill_under_an_old_token_does_not_undo_a_fill_under_a_new_one,
    a_fill_is_refused_while_the_key_is_being_loaded,
    bytes_are_filled_in_like_values,
}

async fn what_was_read_since_the_token_is_stored(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("earlier", 0_u8, plain()).await.unwrap();
    cache.invalidate_tag("t").await.unwrap();
    let token = cache.fill_token("k").unwrap();
    assert!(cache.fill(&token, 1_u8, tagged("t")).unwrap(), "what happened before the token does not matter");
    assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(1));
    cache.invalidate_tag("t").await.unwrap();
    assert_eq!(cache.get::<u8>("k").await.unwrap(), None, "the entry carries the tag");
}

async fn whatever_overtook_the_read_refuses_it(eviction: Eviction) {
    type Overtake = fn(&HydraCache);
    let ways: [(&str, Overtake); 6] = [
        ("remove", |cache| cache.remove("k").fire()),
        ("put", |cache| cache.put("k", 2_u8, plain()).fire()),
        ("put and remove", |cache| {
            cache.put("k", 2_u8, plain()).fire();
            cache.remove("k").fire();
        }),
        ("expire_key", |cache| cache.expire_key("k").fire()),
        ("invalidate_tag", |cache| cache.invalidate_tag("t").fire()),
        ("flush", |cache| cache.flush().fire()),
    ];
    for (name, overtake) in ways {
        let cache = cache(eviction);
        let token = cache.fill_token("k").unwrap();
        overtake(&cache);
        let before = cache.peek::<u8>("k").unwrap();
        assert!(!cache.fill(&token, 1_u8, tagged("t")).unwrap(), "after `{name}`");
        assert_eq!(cache.peek::<u8>("k").unwrap(), before, "after `{name}`");
        let later = cache.fill_token("k").unwrap();
        assert!(cache.fill(&later, 3_u8, tagged("t")).unwrap(), "a new token is later than `{name}`");
        assert_eq!(cache.peek::<u8>("k").unwrap(), Some(3));
    }
}

async fn an_invalidation_of_something_else_does_not_refuse_it(eviction: Eviction) {
    let cache = cache(eviction);
    let token = cache.fill_token("k").unwrap();
    cache.invalidate_tag("other").await.unwrap();
    cache.invalidate_namespace("other").await.unwrap();
    assert!(cache.fill(&token, 1_u8, tagged("t")).unwrap());
    assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(1));
}

async fn a_refused_fill_leaves_what_is_there(eviction: Eviction) {
    let cache = cache(eviction);
    let token = cache.fill_token("k").unwrap();
    cache.put("k", "newer".to_owned(), plain()).await.unwrap();
    assert!(!cache.fill(&token, "older".to_owned(), plain()).unwrap());
    assert_eq!(cache.get::<String>("k").await.unwrap().as_deref(), Some("newer"));
}

async fn a_fill_under_an_old_token_does_not_undo_a_fill_under_a_new_one(eviction: Eviction) {
    let cache = cache(eviction);
    let old = cache.fill_token("k").unwrap();
    cache.invalidate_tag("unrelated").await.unwrap();
    let new = cache.fill_token("k").unwrap();
    assert!(cache.fill(&new, "newer".to_owned(), plain()).unwrap());
    assert!(!cache.fill(&old, "older".to_owned(), plain()).unwrap());
    assert_eq!(cache.get::<String>("k").await.unwrap().as_deref(), Some("newer"));
}

async fn a_fill_is_refused_while_the_key_is_being_loaded(eviction: Eviction) {
    let cache = cache(eviction);
    let filling = cache.clone();
    let load = || async move {
        let token = filling.fill_token("k").unwrap();
        assert!(!filling.fill(&token, 1_u8, plain()).unwrap(), "the load is under way");
        2_u8
    };
    assert_eq!(cache.get_or_insert_with("k", plain(), load).await.unwrap(), 2);
    assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(2));
}

async fn bytes_are_filled_in_like_values(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("source", "Ada".to_owned(), plain()).await.unwrap();
    let bytes = cache.get_encoded("source").await.unwrap().unwrap();
    let token = cache.fill_token("k").unwrap();
    assert!(cache.fill_encoded(&token, bytes.clone(), tagged("t")).unwrap());
    assert_eq!(cache.get::<String>("k").await.unwrap().as_deref(), Some("Ada"));
    cache.invalidate_tag("t").await.unwrap();
    assert!(!cache.fill_encoded(&token, bytes, tagged("t")).unwrap());
    assert_eq!(cache.get::<String>("k").await.unwrap(), None);
}
