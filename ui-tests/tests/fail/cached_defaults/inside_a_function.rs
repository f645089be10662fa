fn reports() {
    hydracache::cached_defaults!(ttl = "soon");
}

fn main() {}
