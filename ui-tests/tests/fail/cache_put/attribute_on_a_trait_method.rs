use hydracache::cache_put;

trait Users {
    #[cache_put(get_user(id))]
    fn save(&self, id: u64) -> String;
}

fn g(users: &impl Users) -> String {
    users.save(1)
}

fn main() {}
