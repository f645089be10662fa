mod users {
    #[hydracache::cached]
    fn get_user(id: u64) -> u64 {
        id
    }
}

fn forget(id: u64) {
    users::get_user::invalidate(id).fire();
}

fn main() {}
