//! The tokens of a cached function. Behaviour belongs in the runtime: nothing here branches on it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, FnArg, GenericParam, Ident, Lit, Pat, Safety, Type};

use super::args::{Args, Handle, Returns};
use super::key::{self, Uses, Writing};
use super::settings::{Settings, settings};
use super::signature::{Argument, Signature};
use crate::crate_path;
use crate::diagnostics::Errors;

/// Everything that the tokens are made of.
pub(crate) struct Expansion<'a> {
    pub(crate) args: &'a Args,
    pub(crate) signature: &'a Signature,
    /// The framework's path.
    pub(crate) facade: TokenStream,
    pub(crate) key: Writing,
    pub(crate) settings: Settings,
    pub(crate) cache_uses: Uses,
    shape: TokenStream,
}

/// What one of the calls that may load does differently.
pub(crate) struct Calling {
    /// How the value is handed out: a type of the runtime.
    pub(crate) view: TokenStream,
    /// Whether it loads without looking.
    pub(crate) anew: bool,
}

impl<'a> Expansion<'a> {
    pub(crate) fn new(args: &'a Args, signature: &'a Signature, errors: &mut Errors) -> Self {
        let facade = crate_path::facade(args.facade.as_ref());
        let key = key::of_function(args, signature, errors);
        let settings = settings(args, signature, &facade, errors);
        let mut cache_uses = Uses::nothing(signature);
        match &args.cache {
            Some(Expr::Lit(ExprLit { lit: Lit::Str(name), .. })) if name.value().is_empty() => {
                errors.at(name.span(), "the name of a cache must not be empty");
            }
            Some(Expr::Lit(ExprLit { lit: Lit::Str(_), .. })) | None => {}
            Some(Expr::Lit(other)) => {
                errors
                    .on(other, "`cache` takes the name of a cache or an expression: `cache = \"sessions\"`");
            }
            Some(expr) => cache_uses.note(expr, signature),
        }
        let shape = shape(args, signature, &facade);
        Self { args, signature, facade, key, settings, cache_uses, shape }
    }

    /// The whole expansion.
    pub(crate) fn emit(&self) -> TokenStream {
        let function = self.function();
        if self.signature.is_method() {
            let body = self.body_method();
            return quote!(#function #body);
        }
        match self.handle_name() {
            Some(handle) => {
                let handle = self.handle(&handle);
                quote!(#function #handle)
            }
            None => function,
        }
    }

    fn handle_name(&self) -> Option<Ident> {
        match &self.args.handle {
            Some(Handle::None) => None,
            Some(Handle::Named(name)) => Some(name.clone()),
            None => Some(self.signature.item.sig.ident.clone()),
        }
    }

    /// The user's function with its own signature and the cache around its body.
    fn function(&self) -> TokenStream {
        let item = &self.signature.item;
        let attributes = item.attrs.iter().filter(|attribute| !attribute.path().is_ident("expect"));
        let (visibility, signature) = (&item.vis, self.plain_signature(&item.sig.ident, None));
        let site = self.site();
        let body = if self.signature.is_method() || self.handle_name().is_some() {
            TokenStream::new()
        } else {
            self.body_function(&quote!(), &self.body_name())
        };
        let call = self.call(&site, &Calling { view: quote!(ValueOnly), anew: false });
        quote! {
            #(#attributes)*
            #visibility #signature {
                #body
                #call
            }
        }
    }

    /// The signature under another name, with plain names for patterns and, where it is given, another return type.
    pub(crate) fn plain_signature(&self, name: &Ident, output: Option<&TokenStream>) -> TokenStream {
        let mut signature = self.signature.item.sig.clone();
        signature.ident = name.clone();
        if let Some(output) = output {
            signature.output = syn::parse_quote!(-> #output);
        }
        let mut arguments = self.signature.arguments.iter();
        for input in &mut signature.inputs {
            match input {
                FnArg::Receiver(receiver) => receiver.mutability = None,
                FnArg::Typed(typed) => {
                    if let Some(Argument { name, .. }) = arguments.next() {
                        typed.attrs.clear();
                        typed.pat = Box::new(Pat::Verbatim(quote!(#name)));
                    }
                }
            }
        }
        signature.to_token_stream()
    }

    /// Look up, or load.
    pub(crate) fn call(&self, site: &TokenStream, calling: &Calling) -> TokenStream {
        let facade = &self.facade;
        let private = quote!(#facade::__private);
        let (output, shape, view) = (&self.signature.output, &self.shape, &calling.view);
        let span = self.output_span();
        let outcome = quote_spanned!(span=> <#output as #private::Outcome<{ #shape }>>);
        let (access, cache, writing) = (self.access(), self.cache(), self.writing());
        let miss = if calling.anew {
            quote!(#private::skip_lookup(__site, #cache, #writing))
        } else {
            quote! {
                match #private::lookup::<_, #private::#view>(__site, #access, #cache, #writing) {
                    #private::Lookup::Hit(__value) => return #outcome::join(::core::result::Result::Ok(__value)),
                    #private::Lookup::Miss(__miss) => __miss,
                }
            }
        };
        let (settings, sharing, anew) = (self.settings_tokens(), self.sharing(&outcome), calling.anew);
        let loader = self.loader();
        let load = self.load();
        quote! {
            #[allow(unused_imports, reason = "which of them is needed depends on the types of the function")]
            use #private::{
                CanOutlive as _, CarryLoadError as _, CarryNothing as _, ShareClone as _, ShareNothing as _,
                ShareText as _, StaysInPlace as _,
            };
            let __site: &'static #private::CallSite = #site;
            let __miss = #miss;
            let __request = #private::Request {
                site: __site,
                access: #access,
                settings: #settings,
                sharing: #sharing,
                anew: #anew,
            };
            let __loader = #loader;
            #outcome::join(::core::result::Result::map(#load, <#private::#view as #private::View<_>>::loaded))
        }
    }

    fn load(&self) -> TokenStream {
        let facade = &self.facade;
        let private = quote!(#facade::__private);
        let (output, shape) = (&self.signature.output, &self.shape);
        if !self.signature.is_async() {
            return quote!(#private::load_blocking::<{ #shape }, #output>(__miss, __request, __loader));
        }
        let mode = if self.signature.owns_its_arguments() {
            quote!((&#private::probe(&__loader)).mode())
        } else {
            quote!(#private::InPlace)
        };
        quote!(#mode.load::<{ #shape }, #output, _, _>(__miss, __request, __loader).await)
    }

    /// A closure that runs the user's body.
    fn loader(&self) -> TokenStream {
        let item = &self.signature.item;
        let names = self.signature.arguments.iter().map(|argument| &argument.name);
        let body = self.body_name();
        let generics = self.turbofish();
        let call = if self.signature.is_method() {
            quote!(Self::#body #generics(self, #(#names),*))
        } else if let Some(handle) = self.handle_name() {
            quote!(#handle::uncached #generics(#(#names),*))
        } else {
            quote!(#body #generics(#(#names),*))
        };
        match &item.sig.safety {
            // The caller of the function took the responsibility for its body.
            Safety::Unsafe(_) => quote!(move || unsafe { #call }),
            _ => quote!(move || #call),
        }
    }

    /// The type arguments of the function, passed on. Arguments that are `impl Trait` cannot be named and are inferred.
    fn turbofish(&self) -> TokenStream {
        let generics = &self.signature.item.sig.generics;
        let named = generics.params.iter().filter_map(|param| match param {
            GenericParam::Type(ty) => Some(&ty.ident),
            GenericParam::Const(constant) => Some(&constant.ident),
            GenericParam::Lifetime(_) => None,
        });
        let named: Vec<_> = named.collect();
        if named.is_empty() { TokenStream::new() } else { quote!(::<#(#named),*>) }
    }

    fn body_name(&self) -> Ident {
        format_ident!("__hydracache_body_of_{}", self.signature.item.sig.ident)
    }

    /// The user's body as a function of its own.
    pub(crate) fn body_function(&self, visibility: &TokenStream, name: &Ident) -> TokenStream {
        let item = &self.signature.item;
        let attributes = item.attrs.iter().filter(|attribute| is_lint(attribute));
        let statements = &item.block.stmts;
        // An argument that the attribute reads is not unused, whatever the body does.
        let read = self.key.uses.and(&self.settings.uses).and(&self.cache_uses);
        let read = self.signature.arguments.iter().zip(&read.arguments).filter(|(_, used)| **used);
        let read = read.flat_map(|(argument, _)| argument.names());
        let mut signature = item.sig.clone();
        signature.ident = name.clone();
        quote! {
            #(#attributes)*
            #visibility #signature {
                #(let _ = &#read;)*
                #(#statements)*
            }
        }
    }

    fn body_method(&self) -> TokenStream {
        let conditions = self.conditions();
        let body = self.body_function(&quote!(), &self.body_name());
        quote! {
            #(#conditions)*
            #[doc(hidden)]
            #body
        }
    }

    /// The conditions under which the function is compiled.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Attribute> {
        self.signature.item.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg"))
    }

    /// The descriptor: a static in the handle, or in the function where there is none.
    fn site(&self) -> TokenStream {
        match self.handle_name() {
            Some(handle) if !self.signature.is_method() => quote!(#handle::SITE),
            _ => self.new_site(),
        }
    }

    /// A static descriptor, submitted to the registry.
    pub(crate) fn new_site(&self) -> TokenStream {
        let facade = &self.facade;
        let private = quote!(#facade::__private);
        let facts = self.facts(&private);
        quote! {{
            static __SITE: #private::CallSite = #private::CallSite::new(#facts);
            #private::inventory::submit! { #private::Submitted(&__SITE) }
            &__SITE
        }}
    }

    /// The name: what was said, else module and function.
    pub(crate) fn name(&self) -> TokenStream {
        match &self.args.name {
            Some(name) => quote!(#name),
            None => {
                let ident = self.signature.item.sig.ident.to_string();
                quote!(::core::concat!(::core::module_path!(), "::", #ident))
            }
        }
    }

    fn facts(&self, private: &TokenStream) -> TokenStream {
        let name = self.name();
        let version = self.args.version;
        let cache = match &self.args.cache {
            None => quote!(#private::CacheChoice::Default),
            Some(Expr::Lit(name)) => quote!(#private::CacheChoice::Named(#name)),
            Some(_) => quote!(#private::CacheChoice::Expression),
        };
        let key = &self.key.shown;
        let tags = &self.settings.shown_tags;
        let ttl = option(self.settings.shown_ttl.as_ref());
        let arguments = self.signature.arguments.iter().map(|argument| argument.mentions().join(","));
        let value_type = self.is_concrete().then(|| {
            let (output, shape) = (&self.signature.output, &self.shape);
            quote!(|| ::core::any::type_name::<<#output as #private::Outcome<{ #shape }>>::Value>())
        });
        let value_type = option(value_type);
        let is_async = self.signature.is_async();
        let memory_only = self.args.memory_only.is_some();
        let has_weight = self.args.weight.is_some();
        quote! {
            #private::Facts {
                name: #name,
                version: #version,
                cache: #cache,
                key: #key,
                tags: &[#(#tags),*],
                ttl: #ttl,
                arguments: &[#(#arguments),*],
                value_type: #value_type,
                is_async: #is_async,
                memory_only: #memory_only,
                has_weight: #has_weight,
                package: ::core::env!("CARGO_PKG_NAME"),
                module: ::core::module_path!(),
                file: ::core::file!(),
                line: ::core::line!(),
            }
        }
    }

    /// Whether the value type can be named outside of the function's generics and, for a method, of its impl's.
    fn is_concrete(&self) -> bool {
        !self.signature.is_method() && !self.signature.is_generic() && !self.signature.output_borrows()
    }

    /// How values are stored.
    pub(crate) fn access(&self) -> TokenStream {
        let facade = &self.facade;
        let value = self.value_type();
        let kind = match self.args.memory_only {
            Some(_) => quote!(memory_only),
            None => quote!(encodable),
        };
        quote_spanned!(self.output_span()=> #facade::__private::Access::<#value>::#kind())
    }

    /// What is cached.
    pub(crate) fn value_type(&self) -> TokenStream {
        let (facade, output, shape) = (&self.facade, &self.signature.output, &self.shape);
        quote_spanned!(self.output_span()=> <#output as #facade::__private::Outcome<{ #shape }>>::Value)
    }

    /// The return type around something else.
    pub(crate) fn output_around(&self, inner: &TokenStream) -> TokenStream {
        let (facade, output, shape) = (&self.facade, &self.signature.output, &self.shape);
        quote!(<#output as #facade::__private::Outcome<{ #shape }>>::Around<#inner>)
    }

    fn output_span(&self) -> Span {
        self.signature.output_type.as_ref().map_or_else(Span::call_site, Spanned::span)
    }

    /// The cache the call uses, where the attribute has an expression for it.
    pub(crate) fn cache(&self) -> TokenStream {
        match &self.args.cache {
            Some(Expr::Lit(_)) | None => quote!(::core::option::Option::None),
            Some(expr) => {
                let facade = &self.facade;
                let bindings = self.bindings(&self.cache_uses);
                quote_spanned! {expr.span()=>
                    ::core::option::Option::Some({
                        #bindings
                        ::core::borrow::Borrow::<#facade::HydraCache>::borrow(&(#expr))
                    })
                }
            }
        }
    }

    /// A closure that writes the key.
    pub(crate) fn writing(&self) -> TokenStream {
        let (facade, statements) = (&self.facade, &self.key.statements);
        let bindings = self.bindings(&self.key.uses);
        quote!(|__key: &mut #facade::__private::KeyBuf| { #bindings #statements })
    }

    /// What the attribute says about the entry of a call.
    pub(crate) fn settings_tokens(&self) -> TokenStream {
        let facade = &self.facade;
        let (options, finish) = (&self.settings.options, &self.settings.finish);
        let bindings = self.bindings(&self.settings.uses);
        let value = self.value_type();
        let finish = if finish.is_empty() {
            quote!(::core::option::Option::None)
        } else {
            quote! {
                ::core::option::Option::Some(
                    |__value: &#value, __draft: &mut #facade::__private::Draft| { #finish }
                )
            }
        };
        quote! {{
            #bindings
            #facade::__private::Settings {
                options: #facade::CacheOptions::new() #options,
                finish: #finish,
            }
        }}
    }

    fn sharing(&self, outcome: &TokenStream) -> TokenStream {
        let facade = &self.facade;
        quote! {{
            let __probe = #facade::__private::ErrorProbe::<#outcome::Error>::new();
            (&&&__probe).sharing((&&__probe).carry())
        }}
    }

    /// Lets the names that patterns bind be used, borrowed.
    fn bindings(&self, uses: &Uses) -> TokenStream {
        let used = self.signature.arguments.iter().zip(&uses.arguments).filter(|(_, used)| **used);
        let bindings = used.filter_map(|(argument, _)| {
            let (pattern, _) = argument.pattern.as_ref()?;
            let name = &argument.name;
            Some(quote! {
                #[allow(unused_variables, reason = "a pattern binds more than a key may use")]
                let #pattern = &#name;
            })
        });
        bindings.collect()
    }
}

/// The shape of the return type: said, spelled, or found by a probe where the type is concrete.
fn shape(args: &Args, signature: &Signature, facade: &TokenStream) -> TokenStream {
    let private = quote!(#facade::__private);
    match args.returns {
        Some(Returns::Result) => return quote!(#private::RESULT),
        Some(Returns::Plain) => return quote!(#private::PLAIN),
        None => {}
    }
    let spelled = signature.output_type.as_ref().and_then(last_segment);
    let spelled_result = spelled.as_ref().is_some_and(|name| name == "Result");
    let spelled_plain = spelled.as_ref().is_none_or(|name| is_well_known(&name.to_string()));
    let generic = signature.is_generic() || signature.output_borrows();
    if spelled_result {
        quote!(#private::RESULT)
    } else if spelled_plain {
        quote!(#private::PLAIN)
    } else if generic {
        let result = spelled.is_some_and(|name| name.to_string().ends_with("Result"));
        if result { quote!(#private::RESULT) } else { quote!(#private::PLAIN) }
    } else {
        let output = &signature.output;
        quote! {
            #[allow(unused_imports, reason = "needed where the type is no `Result`")]
            use #private::PlainShape as _;
            #private::ShapeProbe::<#output>::SHAPE
        }
    }
}

/// Types of the standard library that are no `Result` under any name. A method may stand in a generic impl, which its
/// attribute cannot see and where a probe is not allowed; these need none.
fn is_well_known(name: &str) -> bool {
    const PLAIN: [&str; 24] = [
        "Option", "Vec", "String", "Arc", "Box", "HashMap", "BTreeMap", "HashSet", "BTreeSet", "bool",
        "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "f32", "f64",
    ];
    PLAIN.contains(&name)
}

fn last_segment(ty: &Type) -> Option<Ident> {
    match ty {
        Type::Path(path) if path.qself.is_none() => {
            path.path.segments.last().map(|segment| segment.ident.clone())
        }
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

fn is_lint(attribute: &Attribute) -> bool {
    ["allow", "expect", "warn", "deny", "forbid"].iter().any(|lint| attribute.path().is_ident(lint))
}

fn option(tokens: Option<impl ToTokens>) -> TokenStream {
    match tokens {
        Some(tokens) => quote!(::core::option::Option::Some(#tokens)),
        None => quote!(::core::option::Option::None),
    }
}
