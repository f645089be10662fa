use hydracache_db::query_cache_policy;

struct User;

fn main() {
    let _ = query_cache_policy!(entity = User, id = 42);
}
