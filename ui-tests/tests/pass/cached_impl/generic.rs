//! Methods of generic types: the type arguments tell the entries apart.

use std::fmt::Debug;
use std::marker::PhantomData;

use hydracache::{CacheResult, cached_impl};

pub struct Repository<T, const SHARDS: usize> {
    of: PhantomData<T>,
}

pub trait Entity: Clone + Send + Sync + Debug + PartialEq + serde::Serialize + serde::de::DeserializeOwned + 'static {
    fn made(id: u64) -> Self;
}

impl Entity for u64 {
    fn made(id: u64) -> Self {
        id
    }
}

impl Entity for String {
    fn made(id: u64) -> Self {
        id.to_string()
    }
}

#[cached_impl]
impl<T, const SHARDS: usize> Repository<T, SHARDS>
where
    T: Entity,
{
    pub const fn new() -> Self {
        Self { of: PhantomData }
    }

    #[cached(receiver = skip)]
    pub async fn get(&self, id: u64) -> Result<T, std::io::Error> {
        Ok(T::made(id))
    }

    #[cached]
    fn shard(id: u64) -> usize {
        usize::try_from(id).unwrap_or(0) % SHARDS
    }
}

pub struct Borrowing<'a>(&'a str);

#[cached_impl(name = "borrowing")]
impl<'a> Borrowing<'a> {
    #[cached(receiver = self.0)]
    async fn length(&self, plus: usize) -> usize {
        self.0.len() + plus
    }
}

#[cached_impl(name = "anonymous")]
impl Borrowing<'_> {
    #[cached(receiver = self.0)]
    fn doubled(&self) -> usize {
        self.0.len() * 2
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> CacheResult<()> {
    let (numbers, texts) = (Repository::<u64, 4>::new(), Repository::<String, 4>::new());
    assert_eq!(numbers.get(1).await.unwrap(), 1);
    assert_eq!(texts.get(1).await.unwrap(), "1");
    assert_eq!(Repository::<u64, 4>::get_cache().peek(1), Some(1));
    assert_eq!(Repository::<String, 4>::get_cache().peek(1), Some("1".to_owned()));
    assert_eq!(Repository::<String, 5>::get_cache().peek(1), None);
    assert_eq!(Repository::<u64, 4>::get_cache().fetch(&numbers, 1).await.unwrap().value, 1);
    assert_eq!(Repository::<u64, 3>::shard(5), 2);
    assert_eq!(Repository::<u64, 3>::shard_cache().peek(5), Some(2));
    Repository::<u64, 4>::get_cache().clear().await?;
    assert_eq!(Repository::<String, 4>::get_cache().peek(1), None, "one namespace serves all");
    let text = "abc".to_owned();
    assert_eq!(Borrowing(&text).length(1).await, 4);
    assert_eq!(Borrowing::length_cache().peek(&Borrowing(&text), 1), Some(4));
    assert_eq!(Borrowing(&text).doubled(), 6);
    assert_eq!(Borrowing::doubled_cache().peek(&Borrowing(&text)), Some(6));
    Ok(())
}
