hydracache::cached_defaults! { ttl = "1h" }

#[hydracache::cached(refresh_ahead = "1m")]
fn report(year: u32) -> u32 {
    year
}

fn main() {}
