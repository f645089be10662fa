use hydracache_db::query_cache_policy;

fn main() {
    let _ = query_cache_policy!(key = "a", stale_on_error = "1h", stale_on_loader_error = "1h", stale_on_error_secs = 3600);
}
