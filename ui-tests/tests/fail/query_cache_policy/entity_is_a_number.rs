use hydracache_db::query_cache_policy;

fn main() {
    let _ = query_cache_policy!(entity = 7, id = 42);
}
