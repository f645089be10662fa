use hydracache::cached;

#[cached(refresh_ahead = "0%", stale_on_error = 5, soft_timeout = "1s", load_timeout = "1s", single_flight = 0)]
fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
