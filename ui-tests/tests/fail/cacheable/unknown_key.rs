use hydracache::{HydraCache, cacheable};

type Failure = std::io::Error;

async fn f(cache: &HydraCache) {
    let _ = cacheable!(cache = cache, key = "user:42", tll = "5m", load = || async { Ok::<_, Failure>(42) });
}

fn main() {}
