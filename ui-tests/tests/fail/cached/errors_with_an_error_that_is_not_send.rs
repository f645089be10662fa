use hydracache::cached;

#[derive(Clone)]
struct Failure(std::rc::Rc<str>);

#[cached(errors = "5s")]
fn f(id: u64) -> Result<u64, Failure> {
    Ok(id)
}

fn main() {}
