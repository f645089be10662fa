//! Every kind of error passes through; no error is stored.

#![deny(warnings)]

use std::error::Error;
use std::fmt::{Debug, Display};

use hydracache::{LoadError, cached};

#[cached]
async fn nothing(id: u64) -> Result<(), String> {
    if id == 0 { Err("zero".to_owned()) } else { Ok(()) }
}

#[cached]
async fn boxed(id: u64) -> Result<u64, Box<dyn Error + Send + Sync>> {
    if id == 0 { Err("zero".into()) } else { Ok(id) }
}

#[cached]
fn not_clone(id: u64) -> std::io::Result<u64> {
    if id == 0 { Err(std::io::Error::other("zero")) } else { Ok(id) }
}

#[cached]
async fn not_send(id: u64) -> Result<u64, Box<dyn Error>> {
    if id == 0 { Err("zero".into()) } else { Ok(id) }
}

#[cached]
async fn generic<E: From<&'static str>>(id: u64) -> Result<u64, E> {
    if id == 0 { Err(E::from("zero")) } else { Ok(id) }
}

#[cached]
async fn generic_with_bounds<E>(id: u64) -> Result<u64, E>
where
    E: From<LoadError> + From<&'static str> + Clone + Display + Debug + Send + Sync + 'static,
{
    if id == 0 { Err("zero".into()) } else { Ok(id) }
}

type Fallible<T, E = String> = Result<T, E>;

#[cached]
fn alias(id: u64) -> Fallible<u64> {
    if id == 0 { Err("zero".to_owned()) } else { Ok(id) }
}

#[cached(returns = "result")]
fn said<T: From<u64> + Clone + serde::Serialize + serde::de::DeserializeOwned + Send + Sync + 'static>(
    id: u64,
) -> Fallible<T> {
    if id == 0 { Err("zero".to_owned()) } else { Ok(id.into()) }
}

#[cached(returns = "plain")]
fn errors_as_values(id: u64) -> Result<u64, String> {
    if id == 0 { Err("zero".to_owned()) } else { Ok(id) }
}

#[cached(returns = "option")]
fn option(id: u64) -> Option<u64> {
    id.checked_sub(1)
}

#[cached]
fn unit(id: u64) {
    let _ = id;
}

#[cached]
fn tuple(id: u64) -> (u64, [u8; 2]) {
    (id, [1, 2])
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert!(nothing(0).await.is_err() && nothing(1).await.is_ok() && nothing(1).await.is_ok());
    assert_eq!(nothing::stats().loads, 2);
    assert!(boxed(0).await.is_err() && boxed(1).await.is_ok() && boxed(1).await.is_ok());
    assert!(not_clone(0).is_err() && not_clone(1).is_ok() && not_clone(1).is_ok());
    assert!(not_send(0).await.is_err() && not_send(1).await.is_ok());
    assert_eq!((generic::<String>(0).await, generic::<String>(1).await), (Err("zero".into()), Ok(1)));
    assert!(alias(0).is_err() && alias(1).is_ok() && alias(1).is_ok());
    assert_eq!(alias::stats().loads, 2);
    assert!(said::<u64>(0).is_err() && said::<u64>(0).is_err() && said::<u64>(1).is_ok());
    assert_eq!(said::stats().loads, 3);
    assert_eq!((errors_as_values(0), errors_as_values(0)), (Err("zero".into()), Err("zero".into())));
    assert_eq!(errors_as_values::stats().loads, 1);
    assert_eq!((option(0), option(0), option::stats().loads), (None, None, 1));
    unit(1);
    unit(1);
    assert_eq!((unit::stats().loads, tuple(1), tuple(1)), (1, (1, [1, 2]), (1, [1, 2])));

    #[derive(Debug, Clone)]
    struct Told(String);
    impl From<LoadError> for Told {
        fn from(error: LoadError) -> Self {
            Self(error.to_string())
        }
    }
    impl From<&'static str> for Told {
        fn from(text: &'static str) -> Self {
            Self(text.to_owned())
        }
    }
    impl Display for Told {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(&self.0)
        }
    }
    assert_eq!(generic_with_bounds::<Told>(0).await.unwrap_err().0, "zero");
    assert_eq!(generic_with_bounds::<Told>(1).await.unwrap(), 1);
}
