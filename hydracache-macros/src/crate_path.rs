//! Where generated code finds the framework.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Ident, Path};

use crate::diagnostics::{generated, respanned};

const FACADE: &str = "hydracache";
const DATABASE: &str = "hydracache-db";

/// What a package of ours is called in the user's manifest, if that lists it.
fn name_of(package: &str) -> Option<String> {
    match crate_name(package) {
        Ok(FoundCrate::Name(name)) => Some(name),
        // Inside a package of ours the crate names itself as users name it.
        Ok(FoundCrate::Itself) => Some(package.replace('-', "_")),
        Err(_) => None,
    }
}

/// The path of the facade: what the user said, else its name in the user's manifest.
#[derive(Debug)]
pub(crate) struct Facade {
    path: TokenStream,
    said: bool,
}

impl Facade {
    pub(crate) fn new(said: Option<&Path>) -> Self {
        let found = || {
            // The database crate hands out the derive of entities, and what that needs.
            let found = [FACADE, DATABASE].into_iter().find_map(name_of);
            // Where the manifest lists neither, the compiler's own message about the missing crate is the best there is.
            let name = Ident::new(found.as_deref().unwrap_or("hydracache"), Span::call_site());
            quote!(::#name)
        };
        Self { path: said.map_or_else(found, ToTokens::to_token_stream), said: said.is_some() }
    }

    /// The path of the database crate, likewise. The facade does not hand out what is in it, so there is none where the
    /// manifest does not list the crate itself.
    pub(crate) fn of_database(said: Option<&Path>) -> Option<Self> {
        let found = || {
            let name = Ident::new(&name_of(DATABASE)?, Span::call_site());
            Some(quote!(::#name))
        };
        let path = said.map(ToTokens::to_token_stream).or_else(found)?;
        Some(Self { path, said: said.is_some() })
    }

    /// The path for code about `span`, so that an error in such code is shown there. A path that the user wrote stays
    /// where it is written: it may be the error.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
        if self.said { self.path.clone() } else { respanned(self.path.clone(), &|_| generated(span)) }
    }

    /// The module of the seam, likewise.
    pub(crate) fn private(&self, span: Span) -> TokenStream {
        let facade = self.at(span);
        quote!(#facade::__private)
    }
}

impl ToTokens for Facade {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.path.to_tokens(tokens);
    }
}
