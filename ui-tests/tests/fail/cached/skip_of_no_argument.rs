use hydracache::cached;

#[cached(skip(databse))]
fn f(database: &str, id: u64) -> u64 {
    id + database.len() as u64
}

fn main() {}
