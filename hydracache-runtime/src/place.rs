//! Where something annotated stands in the source; every descriptor tells it in the same words.

/// The functions of a descriptor that tell where it comes from, out of its `facts`.
macro_rules! place_in_source {
    ($what:literal, $mark:literal) => {
        #[doc = concat!("The package that contains the ", $what, ".")]
        pub fn package(&self) -> &'static str {
            self.facts.package
        }

        #[doc = concat!("The module that contains the ", $what, ".")]
        pub fn module(&self) -> &'static str {
            self.facts.module
        }

        /// The source file.
        pub fn file(&self) -> &'static str {
            self.facts.file
        }

        #[doc = concat!("The line of the ", $mark, ".")]
        pub fn line(&self) -> u32 {
            self.facts.line
        }
    };
}

pub(crate) use place_in_source;
