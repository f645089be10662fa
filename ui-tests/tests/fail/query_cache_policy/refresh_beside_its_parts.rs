use hydracache_db::query_cache_policy;

fn main() {
    let _ = query_cache_policy!(key = "a", stale_on_error = "1h", refresh = hydracache_db::RefreshPolicy::new());
}
