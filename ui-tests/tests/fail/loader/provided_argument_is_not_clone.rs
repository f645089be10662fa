use hydracache::cached;

struct Db(u64);

#[cached(name = "f", skip(db), loader)]
async fn f(db: Db, id: u64) -> u64 {
    db.0 + id
}

fn main() {}
