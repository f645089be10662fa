use hydracache::{HydraCache, cacheable};

type Failure = std::io::Error;

async fn f(cache: &HydraCache) {
    let _ = cacheable!(
        cach = cache,
        key = "user:42",
        ttl = "soon",
        ttl_secs = 5,
        load = || async { Ok::<_, Failure>(42) }
    );
}

fn main() {}
