use hydracache::{HydraCache, cacheable};

type Failure = std::io::Error;

async fn f(cache: &HydraCache) {
    let _ = cacheable!(cache = cache, key, load = || async { Ok::<_, Failure>(42) });
}

fn main() {}
