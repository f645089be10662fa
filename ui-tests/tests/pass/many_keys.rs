//! The handle calls a function for many keys: to warm up, and to read many.

use std::io;
use std::sync::Arc;

use hydracache::{cached, cached_impl};

struct Db;
struct NotClone(u64);

#[cached(key = "{id}")]
async fn name(db: &Db, id: u64, trace: String) -> Result<String, io::Error> {
    let _ = (db, trace);
    if id == 0 { Err(io::Error::other("none")) } else { Ok(id.to_string()) }
}

#[cached]
fn sum(a: u8, b: u8) -> u8 {
    a + b
}

#[cached]
fn length(text: &str) -> usize {
    text.len()
}

#[cached(key = "{id}")]
async fn once(context: NotClone, id: u64) -> u64 {
    context.0 + id
}

struct Orders(u64);

#[cached_impl(name = "orders")]
impl Orders {
    #[cached(receiver = skip)]
    async fn find(self: Arc<Self>, id: u64) -> Option<u64> {
        Some(self.0 + id)
    }

    #[cached(receiver = self.0)]
    async fn borrowed(&self, id: u64) -> u64 {
        self.0 + id
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let names = name::get_many(&Db, "trace".to_owned(), [3, 1, 2]).await.unwrap();
    assert_eq!(names, ["3", "1", "2"]);
    assert!(name::get_many(&Db, String::new(), 0..9).await.is_err());
    let warmed = name::warm(&Db, String::new(), 0..100).await;
    assert_eq!((warmed.ready, warmed.failed.len()), (99, 1));
    assert_eq!(name::peek(99).as_deref(), Some("99"));
    assert_eq!(sum::get_many([(1, 2), (3, 4)]), [3, 7]);
    assert_eq!(sum::warm([(1, 2), (5, 5)]).ready, 2);
    assert_eq!(length::get_many(["a", "bc"]), [1, 2]);
    assert_eq!(once(NotClone(1), 2).await, 3);
    let orders = Arc::new(Orders(7));
    assert_eq!(Orders::find_cache().get_many(Arc::clone(&orders), [1, 2]).await, [Some(8), Some(9)]);
    assert_eq!(Orders::borrowed_cache().warm(&orders, [1, 2, 3]).await.ready, 3);
}
