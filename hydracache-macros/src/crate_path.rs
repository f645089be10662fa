//! Where generated code finds the framework.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Ident, Path};

/// The path of the facade: what the user said, else its name in the user's manifest.
pub(crate) fn facade(said: Option<&Path>) -> TokenStream {
    if let Some(path) = said {
        return quote!(#path);
    }
    match crate_name("hydracache") {
        Ok(FoundCrate::Name(name)) => {
            let name = Ident::new(&name, Span::call_site());
            quote!(::#name)
        }
        // Inside the facade's own package the crate names itself `hydracache`. Where the manifest does not list it,
        // the compiler's own message about the missing crate is the best there is.
        Ok(FoundCrate::Itself) | Err(_) => quote!(::hydracache),
    }
}
