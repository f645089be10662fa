//! The shape of a return type is seen through aliases and macros.

#![deny(warnings)]

use hydracache::cached;

macro_rules! result {
    ($value:ty) => {
        Result<$value, String>
    };
}

#[cached]
fn by_macro(id: u64) -> result!(u64) {
    if id == 0 { Err("zero".to_owned()) } else { Ok(id) }
}

mod path {
    pub(crate) type Outcome<T> = std::result::Result<T, String>;
}

#[cached]
async fn by_path(id: u64) -> path::Outcome<Vec<u64>> {
    if id == 0 { Err("zero".to_owned()) } else { Ok(vec![id]) }
}

#[cached]
fn in_parentheses(id: u64) -> Result<u64, String> {
    if id == 0 { Err("zero".to_owned()) } else { Ok(id) }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert!(by_macro(0).is_err() && by_macro(0).is_err() && by_macro(1).is_ok());
    assert_eq!(by_macro::stats().loads, 3);
    assert!(by_path(0).await.is_err() && by_path(1).await.is_ok() && by_path(1).await.is_ok());
    assert_eq!(by_path::stats().loads, 2);
    assert_eq!(in_parentheses(1), Ok(1));
}
