//! An error is copied by a path: of a function, of a method, of one in a module, of a generic one.

#![deny(warnings)]

use hydracache::cached;

#[derive(Debug, PartialEq)]
pub struct Failure(u64);

impl Failure {
    fn copied(&self) -> Self {
        Self(self.0)
    }
}

mod copies {
    pub fn failure(error: &super::Failure) -> super::Failure {
        super::Failure(error.0)
    }

    pub fn any<T: From<u64>>(_: &super::Failure) -> T {
        T::from(9)
    }
}

impl From<u64> for Failure {
    fn from(code: u64) -> Self {
        Self(code)
    }
}

#[cached(share_error = Failure::copied, errors = "1m")]
fn by_method(id: u64) -> Result<u64, Failure> {
    Err(Failure(id))
}

#[cached(share_error = copies::failure, errors = "1m")]
async fn by_function(id: u64) -> Result<u64, Failure> {
    Err(Failure(id))
}

#[cached(share_error = copies::any)]
async fn by_generic(id: u64) -> Result<u64, Failure> {
    Err(Failure(id))
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((by_method(1), by_method(1), by_method::stats().loads), (Err(Failure(1)), Err(Failure(1)), 1));
    assert_eq!((by_function(1).await, by_function(1).await), (Err(Failure(1)), Err(Failure(1))));
    assert_eq!(by_generic(1).await, Err(Failure(1)));
}
