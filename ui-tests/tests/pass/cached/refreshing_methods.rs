//! A method that refreshes clones what `&self` refers to, or keeps the pointer it was called on.

#![deny(warnings)]

use std::sync::Arc;

use hydracache::cached;

#[derive(Clone)]
struct Repo {
    tenant: u64,
}

struct Pool(u64);

impl Repo {
    #[cached(name = "repo.find", receiver = self.tenant, ttl = "5m", refresh_ahead = "10%")]
    async fn find(&self, id: u64) -> Result<u64, String> {
        Ok(self.tenant + id)
    }

    #[cached(name = "repo.blocking", receiver = skip, ttl = "5m", stale_while_revalidate = "1m")]
    fn blocking(&self, name: &str) -> String {
        format!("{}{name}", self.tenant)
    }

    #[cached(name = "repo.owned", key = "{self.tenant}", ttl = "5m", refresh_ahead = "1m")]
    fn owned(self) -> u64 {
        self.tenant
    }
}

impl Pool {
    #[cached(name = "pool.find", receiver = skip, ttl = "5m", refresh_ahead = "1m", stale_on_error = "1h")]
    async fn find(self: Arc<Self>, id: u64) -> Result<u64, String> {
        Ok(self.0 + id)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let repo = Repo { tenant: 5 };
    assert_eq!((repo.find(1).await, repo.find(1).await), (Ok(6), Ok(6)));
    assert_eq!((repo.blocking("a"), repo.blocking("a")), ("5a".to_owned(), "5a".to_owned()));
    assert_eq!(repo.clone().owned(), repo.owned());
    assert_eq!(Arc::new(Pool(1)).find(1).await, Ok(2));
}
