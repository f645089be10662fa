use hydracache::cached;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Page<T>(T);

#[cached(returns = "result")]
fn f(id: u64) -> Page<u64> {
    Page(id)
}

fn main() {}
