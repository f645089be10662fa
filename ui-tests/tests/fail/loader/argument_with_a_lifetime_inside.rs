use hydracache::cached;

struct Context<'a>(&'a str);

#[cached(name = "f", key = "{id}", loader)]
async fn f(context: Context<'_>, id: u64) -> u64 {
    id + context.0.len() as u64
}

fn main() {}
