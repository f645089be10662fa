//! Bounds stand where the language lets them stand: on the block, on the method, on associated types.

#![deny(warnings)]

use std::fmt::{Debug, Display};

use hydracache::{KeySegment, cached_impl};

pub trait Source {
    type Row: Display + Clone;

    fn row(&self, id: u64) -> Self::Row;
}

pub struct Table;

impl Source for Table {
    type Row = u64;

    fn row(&self, id: u64) -> u64 {
        id * 2
    }
}

pub struct Reader<S>(S);

#[cached_impl(name = "reader")]
impl<S> Reader<S>
where
    S: Source + Send + Sync + 'static,
    S::Row: Debug,
{
    #[cached(receiver = skip)]
    pub fn text(&self, id: u64) -> String
    where
        S::Row: PartialEq,
    {
        format!("{} {:?}", self.0.row(id), self.0.row(id))
    }

    #[cached(receiver = skip, key = "{id}")]
    pub async fn labelled<L>(&self, id: u64, label: L) -> Result<String, std::io::Error>
    where
        L: Into<String> + Clone + Send + 'static,
        for<'a> &'a L: Debug,
    {
        Ok(format!("{} {}", label.into(), self.0.row(id)))
    }

    #[cached]
    fn of_key<K>(key: K) -> usize
    where
        K: KeySegment + AsRef<str> + ?Sized + Copy,
    {
        key.as_ref().len()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let reader = Reader(Table);
    assert_eq!((reader.text(1), reader.text(1)), ("2 2".to_owned(), "2 2".to_owned()));
    assert_eq!(Reader::<Table>::text_cache().peek(1).as_deref(), Some("2 2"));
    assert_eq!(reader.labelled(1, "a").await.unwrap(), "a 2");
    assert_eq!(Reader::<Table>::labelled_cache().fetch(&reader, 2, "b".to_owned()).await.unwrap().value, "b 4");
    assert_eq!(Reader::<Table>::of_key("abc"), 3);
    assert_eq!(Reader::<Table>::of_key_cache().peek("abc"), Some(3));
}
