use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "price")]
struct Price {
    #[hydracache(id)]
    amount: f64,
}

fn main() {}
