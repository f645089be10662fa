use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "bits", id = u32)]
union Bits {
    #[hydracache(id)]
    number: u32,
    float: f32,
}

fn main() {}
