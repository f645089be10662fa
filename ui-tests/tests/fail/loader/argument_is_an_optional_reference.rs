use hydracache::cached;

#[cached(name = "f", loader)]
async fn f(name: Option<&str>) -> u64 {
    name.map_or(0, |name| name.len() as u64)
}

fn main() {}
