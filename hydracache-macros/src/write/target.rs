//! Which entries are meant: a call of a cached function, or all of them.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, Path};

use crate::diagnostics::{generated, spelled};

/// A cached function and, for one entry, the arguments of its key.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) path: Path,
    pub(crate) arguments: Vec<Expr>,
}

impl Target {
    /// Reads `function(arguments)`; `instead` shows how it is written.
    pub(crate) fn read(expr: Expr, instead: &str) -> syn::Result<Self> {
        let wrong = format!(
            "this is not a call of a cached function: write one with the arguments of its key, {instead}"
        );
        let Expr::Call(ExprCall { func, args, .. }) = expr else {
            return Err(syn::Error::new_spanned(expr, wrong));
        };
        let Expr::Path(path) = *func else { return Err(syn::Error::new_spanned(func, wrong)) };
        Ok(Self { path: path.path, arguments: args.into_iter().collect() })
    }

    /// Whether it can be worked out only when the body has ended.
    pub(crate) fn needs_result(&self) -> bool {
        self.arguments.iter().any(mentions_result)
    }

    /// How the registry shows it.
    pub(crate) fn shown(&self) -> String {
        let (path, arguments) = (&self.path, &self.arguments);
        spelled(&quote!(#path(#(#arguments),*)))
    }

    /// A call of a function of the target's handle.
    pub(crate) fn on_handle(&self, function: &str) -> TokenStream {
        let span = generated(self.path.span());
        let function = quote::format_ident!("{function}", span = span);
        let arguments = &self.arguments;
        let handle = self.handle();
        quote_spanned!(span=> #handle #function(#(#arguments),*))
    }

    /// The handle, up to the name of its function: a struct beside a free function, what `<method>_cache` returns for a
    /// method.
    fn handle(&self) -> TokenStream {
        let path = &self.path;
        let segments: Vec<_> = path.segments.iter().collect();
        if let [before @ .., owner, method] = segments.as_slice()
            && is_type(&owner.ident)
        {
            let leading = &path.leading_colon;
            let handle = format_ident!("{}_cache", method.ident, span = method.ident.span());
            return quote!(#leading #(#before::)* #owner::#handle().);
        }
        // A struct is meant: what is missing is a type, and not a module or a crate.
        quote_spanned!(generated(path.span())=> <#path>::)
    }
}

/// Whether a segment of a path names a type, by how it is written.
fn is_type(ident: &syn::Ident) -> bool {
    ident.to_string().starts_with(char::is_uppercase)
}

/// Whether an expression mentions the outcome of the function.
pub(crate) fn mentions_result(tokens: &impl ToTokens) -> bool {
    fn any(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            proc_macro2::TokenTree::Group(group) => any(group.stream()),
            proc_macro2::TokenTree::Ident(ident) => ident == "result",
            _ => false,
        })
    }
    any(tokens.to_token_stream())
}

/// The name under which the outcome of the function is known to the user's expressions.
pub(crate) fn result_name() -> syn::Ident {
    syn::Ident::new("result", Span::call_site())
}
