//! One import brings the function and its handle, under whatever name.

#![deny(warnings)]

mod users {
    use hydracache::cached;

    #[cached]
    pub(crate) fn get(id: u64) -> u64 {
        id
    }
}

mod api {
    pub(crate) use crate::users::get as get_user;
}

use api::get_user as find;

fn main() {
    assert_eq!((find(1), find(1), find::stats().loads), (1, 1, 1));
    assert_eq!(find::peek(1), Some(1));
}
