use hydracache_db::query_cache_policy;

fn main() {
    let _ = query_cache_policy!(entity = "user", id = 42, collection = "users");
}
