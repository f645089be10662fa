use hydracache::{HydraCache, cacheable};

type Failure = std::io::Error;

async fn f(cache: &HydraCache) {
    let _ = cacheable!();
}

fn main() {}
