use hydracache_db::query_cache_policy;

fn main() {
    let _ = query_cache_policy!(key = "a", ttl = "5m", ttl_secs = 300, no_ttl);
}
