use hydracache::cached;

#[cached]
async fn f(id: UserId) -> u64 {
    1
}

fn main() {}
