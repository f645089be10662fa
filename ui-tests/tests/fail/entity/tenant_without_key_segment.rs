use hydracache::HydraCacheEntity;

struct Tenant(u64);

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user")]
struct User {
    #[hydracache(id)]
    id: u64,
    #[hydracache(tenant)]
    tenant: Tenant,
}

fn main() {}
