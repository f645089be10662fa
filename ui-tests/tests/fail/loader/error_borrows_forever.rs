use hydracache::cached;

#[cached(name = "f", loader)]
fn f(id: u64) -> Result<u64, &'static str> {
    if id == 0 { Err("zero") } else { Ok(id) }
}

#[cached(name = "g", loader)]
fn g(id: u64) -> Result<&'static str, String> {
    let _ = id;
    Ok("text")
}

fn main() {}
