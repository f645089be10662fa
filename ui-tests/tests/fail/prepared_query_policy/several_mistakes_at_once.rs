use hydracache_db::prepared_query_policy;

fn main() {
    let _ = prepared_query_policy!(id = 42, key = "a", ttl_secs = 0, preset = read, tags = []);
}
