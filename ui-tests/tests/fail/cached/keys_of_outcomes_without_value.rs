use hydracache::cached;

#[cached(when, unless, none, errors, enabled, adopt, share_error, idle, jitter)]
async fn f(id: u64) -> Result<Option<u64>, String> {
    Ok(Some(id))
}

fn main() {}
