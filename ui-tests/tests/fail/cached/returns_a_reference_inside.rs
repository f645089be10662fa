use hydracache::cached;

#[cached(skip(names))]
fn f<'a>(names: &'a [String], at: usize) -> Option<&'a String> {
    names.get(at)
}

fn main() {}
