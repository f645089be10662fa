//! Arguments without a named type, and patterns, in methods.

#![deny(warnings)]

use std::fmt::Display;

use hydracache::{KeySegment, cached_impl};

struct Shop {
    tenant: u64,
}

#[derive(Clone, Copy)]
struct Query {
    page: u32,
    size: u32,
}

#[cached_impl(name = "shop")]
impl Shop {
    #[cached(receiver = self.tenant)]
    async fn shown(&self, id: impl KeySegment + Display + Send) -> String {
        format!("{}/{id}", self.tenant)
    }

    #[cached(key = "{id}")]
    fn traced(&self, id: u64, trace: &impl Display, log: &mut dyn FnMut(&str)) -> Option<u64> {
        log(&trace.to_string());
        Some(self.tenant + id)
    }

    #[cached(receiver = skip, key = "{page}:{size}")]
    async fn page(&self, Query { page, size }: Query, [first, ..]: [u8; 2]) -> u32 {
        page * size + u32::from(first)
    }

    #[cached(receiver = self.tenant)]
    fn mutable(&self, mut text: String) -> String {
        text.push('!');
        text
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let shop = Shop { tenant: 7 };
    assert_eq!((shop.shown(1_u8).await, shop.shown("a").await), ("7/1".to_owned(), "7/a".to_owned()));
    assert_eq!(Shop::shown_cache().peek(&shop, "a").as_deref(), Some("7/a"));
    let mut logged = Vec::new();
    for _ in 0..2 {
        assert_eq!(shop.traced(1, &"trace", &mut |text: &str| logged.push(text.to_owned())), Some(8));
    }
    assert_eq!(logged, ["trace"]);
    assert_eq!(shop.page(Query { page: 2, size: 10 }, [3, 4]).await, 23);
    assert_eq!(Shop::page_cache().peek(Query { page: 2, size: 10 }), Some(23));
    assert_eq!(shop.mutable("a".to_owned()), "a!");
}
