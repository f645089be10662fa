//! A library with annotated functions that its application never calls. Some of them nobody could: they are private.

use hydracache::{HydraCacheEntity, cached, cached_impl, invalidates};

#[cached(name = "library.free", key = "{id}", tags = ["numbers"], ttl = "5m")]
pub async fn free(id: u64) -> Result<u64, std::io::Error> {
    Ok(id)
}

#[cached(name = "library.by_name", loader)]
pub fn by_name(id: u64) -> u64 {
    id
}

#[cached(name = "library.generic")]
pub fn generic<T: hydracache::KeySegment + Copy>(value: T) -> usize {
    size_of_val(&value)
}

mod inside {
    #[allow(dead_code)]
    #[hydracache::cached(name = "library.private")]
    fn private(id: u64) -> u64 {
        id
    }
}

pub struct Repository;

#[cached_impl(name = "library")]
impl Repository {
    #[cached(receiver = skip)]
    pub fn method(&self, id: u64) -> u64 {
        id
    }
}

#[invalidates(tags = ["numbers"])]
pub fn write() {}

#[derive(HydraCacheEntity)]
#[hydracache(entity = "thing")]
pub struct Thing {
    #[hydracache(id)]
    pub id: u64,
}
