use hydracache::invalidates;

fn load_user(id: u64) -> u64 {
    id
}

#[invalidates(load_user(id))]
async fn save_user(id: u64) -> u64 {
    id
}

fn main() {}
