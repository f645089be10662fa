use hydracache::cached;

#[cached(ttl = "5m", refresh_ahead = "1m", skip(scratch))]
fn f(id: u64, scratch: &mut Vec<u8>) -> u64 {
    scratch.clear();
    id
}

fn main() {}
