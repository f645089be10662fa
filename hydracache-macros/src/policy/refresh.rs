//! The keys about results that are old and reads that are slow or fail, which together are one `RefreshPolicy`.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Expr, Ident};

use super::call;
use crate::cached::refresh::{NEVER_PASSES, RETRY_OF_NOTHING, SOFT_WITHOUT_STALE};
use crate::crate_path::Facade;
use crate::diagnostics::Errors;
use crate::parts::Key;
use crate::time::Time;

/// What was said of them.
#[derive(Debug, Default)]
pub(super) struct Refresh {
    /// All at once.
    pub(super) whole: Option<Expr>,
    times: Vec<Said>,
}

/// One time, and the method by which it is told.
#[derive(Debug)]
struct Said {
    key: Ident,
    method: &'static str,
    time: Time,
}

const AHEAD: &str = "refresh_ahead";
const STALE: &str = "stale_on_loader_error";
const WINDOWS: [&str; 3] = [AHEAD, "stale_while_revalidate", STALE];

/// The method that a key is told by, and whether the key counts seconds.
fn method_of(key: &'static str) -> (&'static str, bool) {
    let (method, in_seconds) = match key.strip_suffix("_secs") {
        Some(method) => (method, true),
        None => (key, false),
    };
    (if method == "stale_on_error" { STALE } else { method }, in_seconds)
}

impl Refresh {
    /// Takes the value of one of the keys.
    pub(super) fn read(&mut self, key: &Key, time: Expr, errors: &mut Errors) -> syn::Result<()> {
        let (method, in_seconds) = method_of(key.name);
        if let Some(other) = self.get(method).filter(|other| other.key != key.name) {
            let message = format!("`{}` says the same already; keep one of them", other.key);
            errors.on(&key.ident, message);
        }
        let time = if in_seconds { Time::of_seconds(time, key.name) } else { Time::read(time) }?;
        self.times.push(Said { key: key.ident.clone(), method, time });
        Ok(())
    }

    fn get(&self, method: &str) -> Option<&Said> {
        self.times.iter().find(|said| said.method == method)
    }

    fn known(&self, method: &str) -> Option<(Span, Duration)> {
        self.get(method)?.time.known()
    }

    /// The policy as an expression, if anything is said.
    pub(super) fn emit(&self, database: &Facade) -> Option<TokenStream> {
        if let Some(whole) = &self.whole {
            return Some(quote!(#whole));
        }
        let set = self.times.iter().map(|Said { method, time, .. }| call(method, time));
        (!self.times.is_empty()).then(|| quote!(#database::RefreshPolicy::new() #(#set)*))
    }

    /// What does not go together. `whole` is where the key `refresh` is, `ttl` the time to live where it is known here, and
    /// `no_ttl` where it is said that there is none.
    pub(super) fn check(
        &self,
        whole: Option<&Ident>,
        ttl: Option<Duration>,
        no_ttl: Option<&Ident>,
        errors: &mut Errors,
    ) {
        if let (Some(whole), Some(first)) = (whole, self.times.first()) {
            let message = format!(
                "`refresh` is all that is said of refreshing and limits: say what `{}` says in it, or remove it",
                first.key
            );
            errors.on(whole, message);
            return;
        }
        if let (Some((at, ahead)), Some(ttl)) = (self.known(AHEAD), ttl)
            && ahead >= ttl
        {
            errors.at(
                at,
                "this is not shorter than the time to live, so every hit would refresh: make it shorter",
            );
        }
        if let (Some((at, soft)), Some((_, load))) = (self.known("soft_timeout"), self.known("load_timeout"))
            && soft >= load
        {
            errors.at(at, NEVER_PASSES);
        }
        if let (Some(soft), None) = (self.get("soft_timeout"), self.get(STALE)) {
            errors.on(&soft.key, SOFT_WITHOUT_STALE);
        }
        let windows: Vec<&Said> = WINDOWS.into_iter().filter_map(|window| self.get(window)).collect();
        if let (Some(retry), true) = (self.get("retry_after"), windows.is_empty()) {
            errors.on(&retry.key, RETRY_OF_NOTHING);
        }
        if no_ttl.is_some() {
            for Said { key, .. } in windows {
                let message = format!(
                    "`{key}` counts from the end of a time to live, and `no_ttl` says there is none: remove one of the two"
                );
                errors.on(key, message);
            }
        }
    }
}
