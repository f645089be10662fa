use hydracache::{HydraCache, cacheable_infallible};

async fn f(cache: &HydraCache) {
    let _ = cacheable_infallible!(cache = cache, key = "user:42", tgas = ["users"], load = || async { 42 });
}

fn main() {}
