use hydracache::cached;

struct Db(u64);

#[cached(key = "{id}")]
fn find(db: Db, id: u64) -> u64 {
    db.0 + id
}

fn main() {
    let _ = find::get_many(Db(1), [1, 2]);
}
