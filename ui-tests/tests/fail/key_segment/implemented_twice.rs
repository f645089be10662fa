use hydracache::{KeySegment, SegmentWriter};

#[derive(KeySegment)]
struct Id(u64);

impl KeySegment for Id {
    fn write_segment(&self, _: &mut SegmentWriter<'_>) {}
}

fn main() {}
