//! Links the library and names nothing of it.

use discovery_library as _;
use hydracache::Runtime;

fn main() -> Result<(), hydracache::Error> {
    let registry = Runtime::builder().expect_package("discovery-library").install()?.registry();
    for function in registry.functions() {
        println!("function {} of {}", function.name(), function.package());
    }
    for loader in registry.loaders() {
        println!("loader {}", loader.name());
    }
    for writer in registry.invalidators() {
        println!("writer {}", writer.function());
    }
    for entity in registry.entities() {
        println!("entity {}", entity.entity());
    }
    Ok(())
}
