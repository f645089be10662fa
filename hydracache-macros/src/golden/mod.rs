//! What attributes expand to, compared with files, so that every change of it is seen and it stays thin.
//!
//! `HYDRACACHE_GOLDEN=overwrite cargo test -p hydracache-macros golden` writes the files anew; read what it wrote.

use std::path::Path;
use std::{env, fs};

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::quote;

use crate::policy::Kind;

/// Compares an expansion with the file of that name.
#[track_caller]
fn compare(name: &str, expanded: &TokenStream) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/golden").join(name).with_extension("txt");
    let mut printer = Printer::default();
    printer.print(expanded.clone());
    let shown = format!("// {} tokens\n{}\n", count(expanded.clone()), printer.text.trim_end());
    if env::var_os("HYDRACACHE_GOLDEN").is_some_and(|value| value == "overwrite") {
        fs::write(&file, shown).unwrap();
        return;
    }
    let known = fs::read_to_string(&file).unwrap_or_default();
    let differs = shown.lines().zip(known.lines()).position(|(new, old)| new != old);
    let at = differs.unwrap_or_else(|| shown.lines().count().min(known.lines().count()));
    assert!(
        shown == known,
        "`{}` differs from line {} on:\n  was: {}\n  is:  {}\nrun with HYDRACACHE_GOLDEN=overwrite if that is meant",
        file.display(),
        at + 1,
        known.lines().nth(at).unwrap_or("nothing").trim(),
        shown.lines().nth(at).unwrap_or("nothing").trim(),
    );
}

fn count(tokens: TokenStream) -> usize {
    let one = |token| match token {
        TokenTree::Group(group) => 1 + count(group.stream()),
        _ => 1,
    };
    tokens.into_iter().map(one).sum()
}

/// Words after which a path begins anew.
const KEYWORDS: [&str; 8] = ["use", "as", "match", "mut", "dyn", "return", "in", "impl"];

/// Whether braces and what is in them fit into a line.
fn is_short(inside: &TokenStream) -> bool {
    let is_statement = |token: TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';');
    count(inside.clone()) <= 12 && !inside.clone().into_iter().any(is_statement)
}

/// Prints tokens, a statement a line.
#[derive(Default)]
struct Printer {
    text: String,
    depth: usize,
    /// How many parentheses and brackets are open: in them lines do not end.
    inline: usize,
    /// Whether nothing may stand between what was printed and what follows.
    tight: bool,
    /// Whether a path may go on after what was printed.
    ends_a_name: bool,
}

impl Printer {
    fn print(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Group(group) => match group.delimiter() {
                    Delimiter::None => self.print(group.stream()),
                    Delimiter::Brace => self.braced(group.stream(), tokens.peek()),
                    Delimiter::Parenthesis => self.bracketed("(", group.stream(), ")"),
                    Delimiter::Bracket => self.bracketed("[", group.stream(), "]"),
                },
                TokenTree::Punct(punct) => {
                    self.punct(punct.as_char(), punct.spacing());
                    if punct.as_char() == ';' && self.inline == 0 {
                        self.line();
                    }
                }
                other => self.word(&other.to_string()),
            }
        }
    }

    fn word(&mut self, word: &str) {
        let is_lifetime = self.text.ends_with('\'');
        self.space();
        self.text.push_str(word);
        self.tight = false;
        self.ends_a_name = !is_lifetime && !KEYWORDS.contains(&word);
    }

    fn punct(&mut self, sign: char, spacing: Spacing) {
        let begins_a_path = sign == ':' && spacing == Spacing::Joint && !self.ends_a_name;
        if begins_a_path || !matches!(sign, ',' | ';' | '.' | '?' | ':') {
            self.space();
        }
        self.text.push(sign);
        let is_joined = matches!(sign, '.' | '&' | '#' | '\'' | '!') || self.text.ends_with("::");
        self.tight = spacing == Spacing::Joint || is_joined;
        self.ends_a_name = sign == '>';
    }

    fn space(&mut self) {
        if !self.tight && !self.text.ends_with([' ', '\n']) && !self.text.is_empty() {
            self.text.push(' ');
        }
    }

    fn bracketed(&mut self, open: &str, inside: TokenStream, close: &str) {
        let follows_a_name = self.text.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '>');
        if !follows_a_name {
            self.space();
        }
        self.text.push_str(open);
        self.inline += 1;
        self.tight = true;
        self.print(inside);
        self.inline -= 1;
        self.text.push_str(close);
        self.tight = false;
        self.ends_a_name = false;
        // An attribute stands on a line of its own.
        if open == "["
            && self.inline == 0
            && self.text[self.text.rfind('\n').map_or(0, |at| at + 1)..].trim_start().starts_with('#')
        {
            self.line();
        }
    }

    fn braced(&mut self, inside: TokenStream, next: Option<&TokenTree>) {
        self.space();
        if inside.is_empty() {
            self.text.push_str("{}");
        } else if is_short(&inside) {
            self.text.push('{');
            self.inline += 1;
            self.tight = false;
            self.print(inside);
            self.inline -= 1;
            self.text.push_str(" }");
        } else {
            self.text.push('{');
            let inline = std::mem::take(&mut self.inline);
            self.depth += 1;
            self.line();
            self.print(inside);
            self.depth -= 1;
            self.line();
            self.inline = inline;
            self.text.push('}');
        }
        (self.tight, self.ends_a_name) = (false, false);
        let goes_on = matches!(next, Some(TokenTree::Punct(punct)) if matches!(punct.as_char(), ';' | ',' | '.' | '?' | '>'));
        if !goes_on && self.inline == 0 {
            self.line();
        }
    }

    fn line(&mut self) {
        self.text.truncate(self.text.trim_end_matches([' ', '\n']).len());
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n("    ", self.depth));
        self.tight = true;
    }
}

#[test]
fn an_async_function_with_a_result_and_two_tags() {
    let attribute = quote!(
        name = "users.get",
        key = "user:{id}",
        tags = ["users", "user:{id}"],
        ttl = "5m",
        crate = ::hydracache
    );
    let item = quote! {
        /// Finds a user.
        pub async fn get_user(db: &Db, id: u64) -> Result<User, DbError> {
            db.query_user(id).await
        }
    };
    compare("async_function", &crate::cached::expand(attribute, item));
}

#[test]
fn a_blocking_function() {
    let item = quote! {
        fn area(width: u32, height: u32) -> u32 {
            width * height
        }
    };
    compare("blocking_function", &crate::cached::expand(quote!(crate = ::hydracache), item));
}

#[test]
fn a_method() {
    let attribute = quote!(name = "orders", ttl = "30s", crate = ::hydracache);
    let item = quote! {
        impl OrderRepo {
            #[cached(key = (tenant, id))]
            pub async fn find(&self, tenant: TenantId, id: u64) -> Result<Option<Order>, DbError> {
                self.query(tenant, id).await
            }
        }
    };
    compare("method", &crate::cached_impl::expand(attribute, item));
}

#[test]
fn a_method_without_the_block() {
    let attribute = quote!(name = "orders.tax", receiver = skip, crate = ::hydracache);
    let item = quote! {
        fn tax(&self, cents: u64) -> u64 {
            cents / 5
        }
    };
    compare("method_without_the_block", &crate::cached::expand(attribute, item));
}

#[test]
fn a_function_that_refreshes() {
    let attribute = quote!(
        key = "{currency}",
        ttl = "60s",
        refresh_ahead = "20%",
        stale_on_error = "1h",
        crate = ::hydracache
    );
    let item = quote! {
        async fn rate(bank: &Bank, currency: &str) -> Result<u64, Unavailable> {
            bank.rate(currency).await
        }
    };
    compare("refreshing_function", &crate::cached::expand(attribute, item));
}

#[test]
fn a_loader() {
    let attribute = quote!(name = "users.get", key = "{id}", loader, crate = ::hydracache);
    let item = quote! {
        async fn get_user(db: &Db, id: u64) -> Result<User, DbError> {
            db.query_user(id).await
        }
    };
    compare("loader", &crate::cached::expand(attribute, item));
}

#[test]
fn a_function_of_many_keys() {
    let attribute = quote!(bulk = ids, entries = get_user(*ids), crate = ::hydracache);
    let item = quote! {
        async fn get_users(db: &Db, ids: &[u64]) -> Result<HashMap<u64, User>, DbError> {
            db.query_users(ids).await
        }
    };
    compare("bulk", &crate::cached::expand(attribute, item));
}

#[test]
fn a_function_that_invalidates() {
    let attribute =
        quote!(get_user(user.id), all(list_users), tags = ["team:{user.team}"], crate = ::hydracache);
    let item = quote! {
        pub async fn save_user(db: &Db, user: &User) -> Result<(), DbError> {
            db.write(user).await
        }
    };
    compare("invalidates", &crate::write::invalidates(attribute, item));
}

#[test]
fn a_function_that_invalidates_at_the_commit_of_its_transaction() {
    let attribute =
        quote!(get_user(user.id), tags = ["team:{result}"], at = commit(tx), crate = ::hydracache);
    let item = quote! {
        async fn save_user(tx: &mut Tx, user: &User) -> Result<u32, DbError> {
            tx.write(user).await
        }
    };
    compare("invalidates_at_commit", &crate::write::invalidates(attribute, item));
}

#[test]
fn a_function_that_invalidates_at_a_commit_on_a_condition() {
    let attribute =
        quote!(get_user(id), when = |changed| *changed, at = commit(self.tx), crate = ::hydracache);
    let item = quote! {
        fn touch(&self, id: u64) -> bool {
            self.write(id)
        }
    };
    compare("invalidates_at_commit_when", &crate::write::invalidates(attribute, item));
}

#[test]
fn a_function_that_stores_what_it_wrote() {
    let attribute = quote!(get_user(user.id) = user, crate = ::hydracache);
    let item = quote! {
        fn save_user(db: &Db, user: &User) -> Result<(), DbError> {
            db.write(user)
        }
    };
    compare("cache_put", &crate::write::cache_put(attribute, item));
}

#[test]
fn an_entity() {
    let item = quote! {
        #[hydracache(entity = "user", collection = "users", tags = ["team:{team}"], crate = ::hydracache)]
        struct User {
            #[hydracache(id)]
            id: i64,
            #[hydracache(tenant)]
            company: u32,
            team: String,
        }
    };
    compare("entity", &crate::entity::expand(item));
}

#[test]
fn an_entity_in_a_table() {
    let item = quote! {
        #[hydracache(entity = "user", table = "app.users", crate = ::hydracache)]
        struct User {
            #[hydracache(id, column = "user_id")]
            id: i64,
            #[hydracache(tenant)]
            company: u32,
        }
    };
    compare("entity_in_a_table", &crate::entity::expand(item));
}

#[test]
fn a_policy_of_one_result() {
    let tokens = quote!(
        name = "load-user",
        preset = read_mostly,
        entity = User,
        id = user_id,
        tag = "tenant:7",
        tags = ["reports", format!("year:{year}")],
        ttl_secs = 60,
        none_ttl = absent,
        jitter = "10%",
        refresh_ahead = "30s",
        stale_on_error_secs = hours * 3600,
        crate = ::hydracache_db
    );
    compare("query_cache_policy", &crate::policy::expand(tokens, Kind::Query));
}

#[test]
fn a_policy_of_many_ids() {
    let tokens = quote!(entity = "user", collection_tag = "users", no_ttl, crate = ::hydracache_db);
    compare("prepared_query_policy", &crate::policy::expand(tokens, Kind::Prepared));
}

#[test]
fn the_defaults_of_a_module() {
    let tokens = quote!(ttl = "1h", cache = "reports", crate = ::hydracache);
    compare("cached_defaults", &crate::cached_defaults::expand(tokens));
}
