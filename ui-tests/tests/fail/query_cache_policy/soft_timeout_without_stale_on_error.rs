use hydracache_db::query_cache_policy;

fn main() {
    let _ = query_cache_policy!(key = "a", soft_timeout = "1s");
}
