//! The keys of a policy: from tokens to typed values with their places.

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, LitStr, Path, Type};

use super::read::{read_entity, read_flag, read_jitter, read_preset, read_tags, read_text};
use super::refresh::Refresh;
use super::{Kind, call};
use crate::cached::read::{expression, read_facade};
use crate::diagnostics::Errors;
use crate::parts::{Said, each_part};
use crate::time::Time;

const KEYS: [(&str, &str); 25] = [
    ("name", "name = \"load-user\""),
    ("preset", "preset = read_mostly"),
    ("entity", "entity = User"),
    ("tag", "tag = \"tenant:7\""),
    ("tags", "tags = [\"tenant:7\", \"reports\"]"),
    ("collection_tag", "collection_tag = \"users\""),
    ("global_tag", "global_tag = \"deployments\""),
    ("ttl", "ttl = \"5m\""),
    ("ttl_secs", "ttl_secs = 60"),
    ("no_ttl", "no_ttl"),
    ("none_ttl", "none_ttl = \"10s\""),
    ("jitter", "jitter = 10"),
    ("refresh_ahead", "refresh_ahead = \"30s\""),
    ("refresh_ahead_secs", "refresh_ahead_secs = 30"),
    ("stale_while_revalidate", "stale_while_revalidate = \"10s\""),
    ("stale_while_revalidate_secs", "stale_while_revalidate_secs = 10"),
    ("stale_on_error", "stale_on_error = \"1h\""),
    ("stale_on_error_secs", "stale_on_error_secs = 3600"),
    ("stale_on_loader_error", "stale_on_loader_error = \"1h\""),
    ("retry_after", "retry_after = \"5s\""),
    ("load_timeout", "load_timeout = \"10s\""),
    ("wait_timeout", "wait_timeout = \"10s\""),
    ("soft_timeout", "soft_timeout = \"200ms\""),
    ("refresh", "refresh = refresh_policy"),
    ("crate", "crate = my_crate::hydracache_db"),
];

/// What says which result of many it is; a prepared read learns that from its id.
const OF_ONE_RESULT: [(&str, &str); 3] =
    [("id", "id = user_id"), ("collection", "collection = \"users\""), ("key", "key = \"user-by-name:ada\"")];

const REPEATABLE: [&str; 3] = ["tag", "collection_tag", "global_tag"];

/// What was said of a policy.
#[derive(Debug, Default)]
pub(super) struct Policy {
    pub(super) name: Option<Expr>,
    pub(super) preset: Option<Ident>,
    pub(super) entity: Option<Entity>,
    pub(super) id: Option<Expr>,
    pub(super) collection: Option<Expr>,
    pub(super) key: Option<Expr>,
    /// The calls that add tags, in the order in which they are written.
    pub(super) said_of_tags: TokenStream,
    pub(super) ttl: Option<Time>,
    pub(super) no_ttl: bool,
    pub(super) none_ttl: Option<Time>,
    pub(super) jitter: Option<Expr>,
    pub(super) refresh: Refresh,
    pub(super) facade: Option<Path>,
    pub(super) said: Said,
    /// Whether there was a key that could not be read: it may be what is missing.
    pub(super) has_unread: bool,
}

/// What the result is.
#[derive(Debug)]
pub(super) enum Entity {
    Name(LitStr),
    /// A type that says what its keys and tags are.
    Type(Box<Type>),
}

impl Policy {
    pub(super) fn parse(tokens: TokenStream, kind: Kind, errors: &mut Errors) -> Self {
        let mut policy = Self::default();
        each_part(tokens, errors, |input, errors| policy.parse_one(kind, input, errors));
        policy
    }

    fn parse_one(&mut self, kind: Kind, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let mut keys = KEYS.to_vec();
        match kind {
            Kind::Query => keys.extend(OF_ONE_RESULT),
            Kind::Prepared => refuse_of_one_result(input)?,
        }
        let key = self.said.read_but(&REPEATABLE, kind.name(), &keys, input, errors);
        self.has_unread |= key.is_err();
        let key = key?;
        let (name, example) = (key.name, key.example);
        if name == "no_ttl" {
            self.no_ttl = read_flag(&key, input)?;
            return Ok(());
        }
        key.equals(input)?;
        let takes = |what: &str| format!("`{name}` takes {what}: `{example}`");
        let text = |input| read_text(input, &takes("a text, or an expression that is one"));
        match name {
            "name" => self.name = Some(text(input)?),
            "preset" => self.preset = Some(read_preset(input, &takes("a name"))?),
            "entity" => self.entity = Some(read_entity(input, &takes("a type, or a text"))?),
            "id" => self.id = Some(expression(input, &takes("an expression"))?),
            "collection" => self.collection = Some(text(input)?),
            "key" => self.key = Some(text(input)?),
            "tag" | "collection_tag" | "global_tag" => self.said_of_tags.extend(call(name, &text(input)?)),
            "tags" => {
                let tags = read_tags(input, &takes("a list, or an expression that is one"), errors)?;
                self.said_of_tags.extend(tags);
            }
            "ttl" => self.ttl = Some(Time::read(expression(input, &takes("a duration"))?)?),
            "ttl_secs" => {
                let seconds = expression(input, &takes("a number of seconds"))?;
                self.ttl = Some(Time::of_seconds(seconds, name)?);
            }
            "none_ttl" => self.none_ttl = Some(Time::read(expression(input, &takes("a duration"))?)?),
            "jitter" => self.jitter = Some(read_jitter(input, &takes("a percentage"))?),
            "crate" => self.facade = Some(read_facade(input, example)?),
            "refresh" => self.refresh.whole = Some(expression(input, &takes("a `RefreshPolicy`"))?),
            _ => {
                let time = expression(input, &takes("a duration"))?;
                self.refresh.read(&key, time, errors)?;
            }
        }
        Ok(())
    }
}

/// What a prepared read is not told by its policy.
fn refuse_of_one_result(input: ParseStream<'_>) -> syn::Result<()> {
    let Ok(key) = input.fork().call(Ident::parse_any) else { return Ok(()) };
    let why = match key.to_string().as_str() {
        "id" => "the id is given to `load_id`: remove it here",
        "key" => {
            "the key of a prepared read is made of its entity and of the id that `load_id` is given: remove this, or use \
             `query_cache_policy!`"
        }
        "collection" => {
            "a prepared read is of one id: to invalidate its results with a collection say `collection_tag = ..`, and for \
             the whole collection use `query_cache_policy!`"
        }
        _ => return Ok(()),
    };
    Err(syn::Error::new(key.span(), why))
}
