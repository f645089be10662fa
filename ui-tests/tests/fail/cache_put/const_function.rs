use hydracache::cache_put;

#[cache_put(get_user(id))]
const fn save(id: u64) -> u64 {
    id
}

fn main() {}
