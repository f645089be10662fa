use hydracache::invalidates;

trait Users {
    #[invalidates(tags = ["users"])]
    fn save(&self, id: u64);
}

fn g(users: &impl Users) {
    users.save(1);
}

fn main() {}
