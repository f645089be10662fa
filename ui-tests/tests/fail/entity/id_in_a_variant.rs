use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "page")]
enum Page {
    Full {
        #[hydracache(id)]
        id: u64,
    },
    Empty,
}

fn main() {}
