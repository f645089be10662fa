use hydracache_db::prepared_query_policy;

fn main() {
    let _ = prepared_query_policy!(entity = "user", collection = "users");
}
