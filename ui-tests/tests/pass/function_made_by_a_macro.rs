//! A declarative macro may write the attribute.

#![deny(warnings)]

use hydracache::cached;

macro_rules! getter {
    ($name:ident, $argument:ident: $type:ty, $body:expr) => {
        #[cached(tags = [format!("got:{}", $argument)])]
        fn $name($argument: $type, local: u64) -> String {
            let _ = local;
            $body
        }
    };
}

getter!(get, id: u64, "value".to_owned());

fn main() {
    assert_eq!((get(1, 2), get(1, 2), get::stats().loads), ("value".to_owned(), "value".to_owned(), 1));
}
