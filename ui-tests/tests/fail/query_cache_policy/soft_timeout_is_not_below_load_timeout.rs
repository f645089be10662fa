use hydracache_db::query_cache_policy;

fn main() {
    let _ = query_cache_policy!(key = "a", stale_on_error = "1h", soft_timeout = "5s", load_timeout = "5s");
}
