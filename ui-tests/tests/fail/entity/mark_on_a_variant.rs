use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "page", id = u64)]
enum Page {
    #[hydracache(id)]
    Full(u64),
    Empty,
}

fn main() {}
