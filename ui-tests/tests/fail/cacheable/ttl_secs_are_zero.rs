use hydracache::{HydraCache, cacheable};

type Failure = std::io::Error;

async fn f(cache: &HydraCache) {
    let _ = cacheable!(cache = cache, key = "user:42", ttl_secs = 0, load = || async { Ok::<_, Failure>(42) });
}

fn main() {}
