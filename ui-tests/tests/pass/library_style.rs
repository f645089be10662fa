//! A module of public functions in a crate that wants everything documented and nothing unused.

#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unused, unreachable_pub, clippy::pedantic)]

pub mod api {
    //! Functions that nobody calls here.

    use hydracache::cached;

    /// The long way.
    ///
    /// # Errors
    ///
    /// Never.
    #[cached(key = "{id}", tags = ["all"], version = 2)]
    pub async fn uncalled(id: u64, region: &str) -> Result<String, std::fmt::Error> {
        Ok(format!("{id}{region}"))
    }
}

fn main() {
    assert_eq!(api::uncalled::key(5).as_str(), concat!(module_path!(), "%3A%3Aapi%3A%3Auncalled@2:5"));
}
