//! Has the library among its dependencies and forgets to link it, which the runtime was told to notice.

use hydracache::Runtime;

fn main() {
    match Runtime::builder().expect_package("discovery-library").install() {
        Ok(_) => println!("nothing is missing"),
        Err(error) => println!("{error}"),
    }
}
