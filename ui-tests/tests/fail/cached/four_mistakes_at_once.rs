use hydracache::cached;

#[cached(
    nam = "users.get",
    key = "user:{uid}",
    tags = ["users", ""],
    ttl = "5 minutes",
    version = "two",
    memory_only = true
)]
const fn f(id: u64) -> u64 {
    id
}

fn g() -> u64 {
    f(1)
}

fn main() {}
