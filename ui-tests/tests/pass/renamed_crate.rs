//! The framework is found where `crate` says it is.

#![deny(warnings)]

mod vendored {
    pub(crate) use hydracache as cache_framework;
}

use hydracache::cached;

#[cached(tags = ["user:{id}"], cache = "main", crate = crate::vendored::cache_framework)]
async fn get(id: u64) -> Result<u64, String> {
    Ok(id)
}

macro_rules! annotated {
    ($name:ident) => {
        #[cached(key = "{id}", crate = $crate::vendored::cache_framework)]
        fn $name(id: u64) -> u64 {
            id
        }
    };
}

annotated!(made);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((get(1).await, get(1).await), (Ok(1), Ok(1)));
    assert_eq!((made(1), made(1), made::stats().loads), (1, 1, 1));
}
