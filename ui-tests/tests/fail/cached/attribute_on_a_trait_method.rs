use hydracache::cached;

trait Users {
    #[cached(name = "f")]
    fn f(&self, id: u64) -> u64;
}

fn g(users: &impl Users) -> u64 {
    users.f(1)
}

fn main() {}
