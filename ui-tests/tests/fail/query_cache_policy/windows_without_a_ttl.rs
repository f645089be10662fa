use hydracache_db::query_cache_policy;

fn main() {
    let _ = query_cache_policy!(key = "a", no_ttl, refresh_ahead = "5s", stale_on_error = "1h");
}
