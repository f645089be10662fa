use hydracache::cached;
use serde::{Serialize, de::DeserializeOwned};

struct Generic<T> {
    value: T,
}

impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Generic<T> {
    #[cached(name = "f", receiver = skip)]
    fn f(&self) -> T {
        self.value.clone()
    }
}

fn main() {}
