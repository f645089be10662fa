//! What was invalidated, removed or overwritten is never handed out again, whatever the windows of a call allow.

use std::pin::pin;
use std::task::Poll;

use futures_util::future::join_all;
use futures_util::poll;
use hydracache_runtime::{Eviction, RefreshOptions};

use crate::scene::{ENDINGS, Scene, forgiving, revalidating, settle};
use crate::support::{ready, seconds};

over_both_stores! {
    an_old_value_that_was_ended_is_not_served_while_revalidating,
    a_fresh_value_that_was_ended_is_not_served_while_revalidating,
    a_value_that_was_expired_and_then_ended_is_not_served,
    a_value_that_was_ended_does_not_stand_in_for_a_load_that_fails_later,
    a_value_that_is_ended_during_a_load_does_not_stand_in_for_it,
    a_value_that_is_ended_during_a_load_does_not_stand_in_for_those_who_wait,
    a_value_that_is_ended_is_not_served_at_the_soft_limit,
    a_value_that_is_ended_is_not_served_at_the_soft_limit_of_those_who_wait,
    a_value_that_is_ended_is_not_served_at_the_limit_of_the_load,
    a_value_that_is_ended_is_not_served_during_the_pause,
    a_value_that_is_ended_is_not_served_after_a_background_refresh_failed,
    a_value_that_is_ended_is_not_served_while_a_refresh_is_under_way,
    a_refresh_that_was_overtaken_is_discarded,
    a_refresh_that_was_overtaken_by_an_expiry_is_discarded,
}

/// Every window at once.
fn all() -> RefreshOptions {
    RefreshOptions::new()
        .refresh_ahead(seconds(3))
        .stale_while_revalidate(seconds(20))
        .stale_on_loader_error(seconds(20))
}

/// Asserts that a call is not handed the 1, neither at once nor after its load fails.
async fn assert_ended(scene: &Scene, refresh: RefreshOptions, name: &str) {
    let mut call = pin!(scene.ask(refresh));
    let result = match poll!(call.as_mut()) {
        Poll::Ready(result) => result,
        Poll::Pending => {
            scene.desk.fail();
            call.await
        }
    };
    assert_ne!(result.ok(), Some(1), "after `{name}`");
}

async fn an_old_value_that_was_ended_is_not_served_while_revalidating(eviction: Eviction) {
    for (name, end) in ENDINGS {
        let scene = Scene::new(eviction).await;
        scene.clock.advance(seconds(15));
        end(&scene.view);
        assert_ended(&scene, revalidating(), name).await;
        assert_ended(&scene, all(), name).await;
        assert_eq!(scene.stats().stale_served, 0, "after `{name}`");
    }
}

async fn a_fresh_value_that_was_ended_is_not_served_while_revalidating(eviction: Eviction) {
    for (name, end) in ENDINGS {
        for age in [0, 8] {
            let scene = Scene::new(eviction).await;
            scene.clock.advance(seconds(age));
            end(&scene.view);
            assert_ended(&scene, all(), name).await;
            scene.clock.advance(seconds(15 - age));
            assert_ended(&scene, all(), name).await;
        }
    }
}

async fn a_value_that_was_expired_and_then_ended_is_not_served(eviction: Eviction) {
    for (name, end) in ENDINGS {
        let scene = Scene::new(eviction).await;
        scene.view.expire_key("k").await.unwrap();
        end(&scene.view);
        assert_ended(&scene, all(), name).await;
        scene.view.expire_key("k").await.unwrap();
        assert_ended(&scene, all(), name).await;
    }
}

async fn a_value_that_was_ended_does_not_stand_in_for_a_load_that_fails_later(eviction: Eviction) {
    for (name, end) in ENDINGS {
        let scene = Scene::new(eviction).await;
        scene.clock.advance(seconds(15));
        end(&scene.view);
        assert_ended(&scene, forgiving(), name).await;
        assert_eq!(scene.stats().stale_on_error_served, 0, "after `{name}`");
    }
}

async fn a_value_that_is_ended_during_a_load_does_not_stand_in_for_it(eviction: Eviction) {
    for (name, end) in ENDINGS {
        let scene = Scene::new(eviction).await;
        scene.clock.advance(seconds(15));
        let mut call = pin!(scene.ask(forgiving()));
        assert!(poll!(call.as_mut()).is_pending());
        end(&scene.view);
        scene.desk.fail();
        assert_ne!(call.await.ok(), Some(1), "after `{name}`");
    }
}

async fn a_value_that_is_ended_during_a_load_does_not_stand_in_for_those_who_wait(eviction: Eviction) {
    for (name, end) in ENDINGS {
        let scene = Scene::new(eviction).await;
        scene.clock.advance(seconds(15));
        let mut leader = pin!(scene.ask(forgiving()));
        assert!(poll!(leader.as_mut()).is_pending());
        let mut waiters = pin!(join_all((0..5).map(|_| scene.ask(forgiving()))));
        assert!(poll!(waiters.as_mut()).is_pending());
        end(&scene.view);
        scene.desk.fail();
        assert_ne!(leader.await.ok(), Some(1), "after `{name}`");
        // Those who waited may have begun a load of their own.
        while poll!(waiters.as_mut()).is_pending() && scene.desk.runs() < 20 {
            scene.desk.fail();
            settle().await;
        }
        for waiter in waiters.await {
            assert_ne!(waiter.ok(), Some(1), "after `{name}`");
        }
    }
}

async fn a_value_that_is_ended_is_not_served_at_the_soft_limit(eviction: Eviction) {
    for (name, end) in ENDINGS {
        let scene = Scene::new(eviction).await;
        scene.clock.advance(seconds(15));
        let mut call = pin!(scene.ask(forgiving().soft_timeout(seconds(1))));
        assert!(poll!(call.as_mut()).is_pending());
        end(&scene.view);
        scene.clock.advance(seconds(1));
        settle().await;
        let result = match poll!(call.as_mut()) {
            Poll::Ready(result) => result,
            Poll::Pending => {
                scene.desk.answer(2);
                call.await
            }
        };
        assert!(matches!(result, Ok(2 | 99)), "after `{name}`: {result:?}");
    }
}

async fn a_value_that_is_ended_is_not_served_at_the_soft_limit_of_those_who_wait(eviction: Eviction) {
    for (name, end) in ENDINGS {
        let scene = Scene::new(eviction).await;
        scene.clock.advance(seconds(15));
        let mut leader = pin!(scene.load());
        assert!(poll!(leader.as_mut()).is_pending());
        let mut waiter = pin!(scene.ask(forgiving().soft_timeout(seconds(1))));
        assert!(poll!(waiter.as_mut()).is_pending());
        end(&scene.view);
        scene.clock.advance(seconds(1));
        settle().await;
        if let Poll::Ready(result) = poll!(waiter.as_mut()) {
            assert_ne!(result.ok(), Some(1), "after `{name}`");
        }
    }
}

async fn a_value_that_is_ended_is_not_served_at_the_limit_of_the_load(eviction: Eviction) {
    for (name, end) in ENDINGS {
        let scene = Scene::new(eviction).await;
        scene.clock.advance(seconds(15));
        let mut call = pin!(scene.ask(forgiving().load_timeout(seconds(1))));
        assert!(poll!(call.as_mut()).is_pending());
        end(&scene.view);
        scene.clock.advance(seconds(1));
        assert_ne!(call.await.ok(), Some(1), "after `{name}`");
    }
}

async fn a_value_that_is_ended_is_not_served_during_the_pause(eviction: Eviction) {
    for (name, end) in ENDINGS {
        let scene = Scene::new(eviction).await;
        scene.clock.advance(seconds(15));
        let mut call = pin!(scene.ask(forgiving()));
        assert!(poll!(call.as_mut()).is_pending());
        scene.desk.fail();
        assert_eq!(call.await.unwrap(), 1);
        end(&scene.view);
        assert_ended(&scene, forgiving(), name).await;
        assert_ended(&scene, all(), name).await;
    }
}

async fn a_value_that_is_ended_is_not_served_after_a_background_refresh_failed(eviction: Eviction) {
    for (name, end) in ENDINGS {
        for age in [8, 15] {
            for before_the_failure in [true, false] {
                let scene = Scene::new(eviction).await;
                scene.clock.advance(seconds(age));
                assert_eq!(ready(scene.ask(all())).unwrap(), 1);
                settle().await;
                if before_the_failure {
                    end(&scene.view);
                }
                scene.desk.fail();
                settle().await;
                if !before_the_failure {
                    end(&scene.view);
                }
                assert_ended(&scene, all(), name).await;
            }
        }
    }
}

async fn a_value_that_is_ended_is_not_served_while_a_refresh_is_under_way(eviction: Eviction) {
    for (name, end) in ENDINGS {
        for age in [8, 15] {
            let scene = Scene::new(eviction).await;
            scene.clock.advance(seconds(age));
            assert_eq!(ready(scene.ask(all())).unwrap(), 1);
            settle().await;
            end(&scene.view);
            // A call that began after the end joins no load that began before it.
            let mut call = pin!(scene.ask(all()));
            if let Poll::Ready(result) = poll!(call.as_mut()) {
                assert_eq!(result.unwrap(), 99, "after `{name}`");
            } else {
                assert_eq!(scene.desk.runs(), 2, "after `{name}`");
                scene.desk.answer(1);
                settle().await;
                assert!(poll!(call.as_mut()).is_pending(), "after `{name}`");
                scene.desk.answer(3);
                assert_eq!(call.await.unwrap(), 3, "after `{name}`");
                assert_eq!(scene.cached(), Some(3), "after `{name}`");
            }
        }
    }
}

async fn a_refresh_that_was_overtaken_is_discarded(eviction: Eviction) {
    for (name, end) in ENDINGS {
        for age in [8, 15] {
            let scene = Scene::new(eviction).await;
            scene.clock.advance(seconds(age));
            assert_eq!(ready(scene.ask(all())).unwrap(), 1);
            settle().await;
            end(&scene.view);
            let before = scene.cached();
            scene.desk.answer(2);
            settle().await;
            assert_eq!(scene.cached(), before, "after `{name}`");
            assert_eq!(scene.stats().stale_discards, 1, "after `{name}`");
        }
    }
}

async fn a_refresh_that_was_overtaken_by_an_expiry_is_discarded(eviction: Eviction) {
    for age in [8, 15] {
        let scene = Scene::new(eviction).await;
        scene.clock.advance(seconds(age));
        assert_eq!(ready(scene.ask(all())).unwrap(), 1);
        settle().await;
        scene.view.expire_key("k").await.unwrap();
        scene.desk.answer(2);
        settle().await;
        assert_eq!(scene.cached(), None);
        assert_eq!(scene.stats().stale_discards, 1);
        assert_eq!(ready(scene.ask(all())).unwrap(), 1, "an expiry keeps the windows");
    }
}
