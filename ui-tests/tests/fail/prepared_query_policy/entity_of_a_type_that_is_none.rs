use hydracache_db::prepared_query_policy;

struct User;

fn main() {
    let _ = prepared_query_policy!(entity = User);
}
