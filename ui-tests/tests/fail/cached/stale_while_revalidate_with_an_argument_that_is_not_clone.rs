use hydracache::cached;

struct Db(u64);

#[cached(ttl = "5m", stale_while_revalidate = "1m", skip(db))]
async fn f(db: &Db, id: u64) -> u64 {
    db.0 + id
}

fn main() {}
