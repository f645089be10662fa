use hydracache_db::query_cache_policy;

fn main() {
    let _ = query_cache_policy!(nmae = "a", entity = "user", collection = "users", ttl = "0s", no_ttl, jitter = 60);
}
