use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "page", id = u64, tags = ["text:{text}"])]
enum Page {
    Full { text: String },
    Empty,
}

fn main() {}
