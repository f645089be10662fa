use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user")]
struct User<T> {
    #[hydracache(id)]
    id: T,
}

fn main() {}
