use hydracache::cached;

trait Db {
    fn get(&self, id: u64) -> u64;
}

#[cached(ttl = "5m", refresh_ahead = "1m", skip(db))]
async fn f(db: &(dyn Db + Sync), id: u64) -> u64 {
    db.get(id)
}

fn main() {}
