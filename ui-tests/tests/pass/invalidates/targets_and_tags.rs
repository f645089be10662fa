//! Entries, all entries and tags, before and after the body, on condition, in async and blocking functions.

#![deny(warnings)]

use hydracache::{HydraCache, Tag, cached, invalidates};

#[derive(Clone)]
struct User {
    id: u64,
    team: u64,
}

mod users {
    use hydracache::cached;

    #[cached(key = "{id}", tags = ["team:{id}"])]
    pub async fn get(_db: &str, id: u64) -> Result<u64, String> {
        Ok(id)
    }
}

use users::get as get_user;

#[cached]
fn list(page: u64) -> Vec<u64> {
    vec![page]
}

#[invalidates(get_user(user.id), users::get(7), all(list), tags = ["team:{user.team}", Tag::from("x")])]
async fn save(user: &User) -> Result<(), String> {
    let _ = user;
    Ok(())
}

#[invalidates(get_user(result.id), tags = ["team:{result.team}"], when = |user| user.id > 0, at = "always")]
async fn create(id: u64) -> Result<User, String> {
    let id = id.checked_sub(1).ok_or("none")?;
    if id == 5 {
        return Err("five".to_owned());
    }
    Ok(User { id, team: 1 })
}

#[invalidates(all(self::users::get), at = "before")]
fn forget() {}

#[invalidates(tags = ["team:{id}"], cache = cache)]
fn in_a_cache(cache: &HydraCache, id: u64) -> bool {
    cache.name().is_empty() && id > 0
}

#[invalidates(get_user(id),)]
#[invalidates(all(list), returns = "plain")]
fn twice(id: u64) -> Result<u64, String> {
    Ok(id)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let fill = async || {
        get_user("db", 1).await.unwrap();
        list(1);
    };
    let there = || (get_user::peek(1).is_some(), list::peek(1).is_some());
    fill().await;
    save(&User { id: 1, team: 3 }).await.unwrap();
    assert_eq!(there(), (false, false));
    fill().await;
    assert_eq!(create(2).await.unwrap().id, 1);
    assert_eq!(there(), (false, true));
    assert!(create(0).await.is_err() && create(6).await.is_err());
    fill().await;
    forget();
    assert_eq!(there(), (false, true));
    fill().await;
    in_a_cache(&HydraCache::local().build(), 1);
    assert_eq!((there(), twice(1), there()), ((true, true), Ok(1), (false, false)));
}
