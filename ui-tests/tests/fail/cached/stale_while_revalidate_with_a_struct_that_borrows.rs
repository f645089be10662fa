use hydracache::cached;

struct Query<'a> {
    text: &'a str,
}

#[cached(ttl = "5m", stale_while_revalidate = "1m", key = query.text)]
fn f(query: Query<'_>) -> u64 {
    query.text.len() as u64
}

fn main() {}
