use hydracache::invalidates;

#[invalidates(tags = ["price:{price}"])]
async fn save(price: f64) {
    let _ = price;
}

fn main() {}
