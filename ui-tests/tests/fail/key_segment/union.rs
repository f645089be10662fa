use hydracache::KeySegment;

#[derive(KeySegment)]
union Bits {
    signed: i32,
    unsigned: u32,
}

fn main() {}
