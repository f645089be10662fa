//! Loaders: functions that can be called by their name, with arguments in their byte form.

use std::any::TypeId;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::call_site::CallSite;
use crate::error::{CacheResult, Error, ErrorKind};
use crate::runtime::Runtime;

/// A load that was begun by name.
#[doc(hidden)]
pub type Loading = Pin<Box<dyn Future<Output = CacheResult<Bytes>> + Send>>;

/// A function with `loader`: it can be called by its name, by this process or by another one.
///
/// ```
/// use hydracache_runtime::Registry;
///
/// for loader in Registry::of_this_program().loaders() {
///     println!("{}({})", loader.name(), loader.arguments().join(", "));
/// }
/// ```
pub struct Loader {
    site: &'static CallSite,
    arguments: &'static [&'static str],
    needs: &'static [Need],
    begin: fn(&Runtime, &[u8]) -> CacheResult<Loading>,
}

inventory::collect!(Loader);

/// An instance that a loader is given by [`provide`](crate::RuntimeBuilder::provide).
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Need {
    id: fn() -> TypeId,
    name: fn() -> &'static str,
}

impl Need {
    /// The need for a `T`.
    pub const fn of<T: ?Sized + 'static>() -> Self {
        Self { id: TypeId::of::<T>, name: std::any::type_name::<T> }
    }
}

impl fmt::Debug for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str((self.name)())
    }
}

impl Loader {
    #[doc(hidden)]
    pub const fn new(
        site: &'static CallSite,
        arguments: &'static [&'static str],
        needs: &'static [Need],
        begin: fn(&Runtime, &[u8]) -> CacheResult<Loading>,
    ) -> Self {
        Self { site, arguments, needs, begin }
    }

    /// The function.
    pub fn function(&self) -> &'static CallSite {
        self.site
    }

    /// The name by which it is called.
    pub fn name(&self) -> &'static str {
        self.site.name()
    }

    /// The version of the function. Arguments and values of another version are never read.
    pub fn version(&self) -> u32 {
        self.site.version()
    }

    /// The names of the arguments that a call sends, in their order.
    pub fn arguments(&self) -> &'static [&'static str] {
        self.arguments
    }

    /// The types of the instances that it is given by [`provide`](crate::RuntimeBuilder::provide).
    pub fn needs(&self) -> impl ExactSizeIterator<Item = &'static str> + use<> {
        self.needs.iter().map(|need| (need.name)())
    }

    pub(super) fn begin(&self, runtime: &Runtime, arguments: &[u8]) -> CacheResult<Loading> {
        (self.begin)(runtime, arguments)
    }

    /// What to say about each instance that is not provided.
    pub(super) fn missing(&self, runtime: &Runtime) -> impl Iterator<Item = String> {
        let needs = self.needs.iter().filter(|need| !runtime.provides((need.id)()));
        needs.map(|need| not_provided(self.site, (need.name)()))
    }
}

impl fmt::Debug for Loader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loader")
            .field("function", self.site)
            .field("arguments", &self.arguments)
            .field("needs", &self.needs)
            .finish_non_exhaustive()
    }
}

pub(crate) fn not_provided(site: &CallSite, what: &str) -> String {
    format!(
        "the loader {site} needs an instance of `{what}`; add `.provide(Arc::new(..))` with one to the runtime"
    )
}

/// The byte form in which arguments and values travel.
pub(crate) fn encode(name: &str, what: &str, value: &impl Serialize) -> CacheResult<Bytes> {
    let bytes = postcard::to_allocvec(value);
    bytes.map(Bytes::from).map_err(|error| {
        Error::new(ErrorKind::Encode, format!("for the loader `{name}`, {what} cannot be written: {error}"))
    })
}

/// Reads all of the bytes.
pub(crate) fn decode<T: DeserializeOwned>(name: &str, what: &str, bytes: &[u8]) -> CacheResult<T> {
    let (value, rest) = decode_first(name, format_args!("{what}"), bytes)?;
    no_rest(name, what, rest)?;
    Ok(value)
}

/// Reads what the bytes begin with, and returns the others.
pub(crate) fn decode_first<'a, T: DeserializeOwned>(
    name: &str,
    what: fmt::Arguments<'_>,
    bytes: &'a [u8],
) -> CacheResult<(T, &'a [u8])> {
    postcard::take_from_bytes(bytes).map_err(|error| {
        let ty = std::any::type_name::<T>();
        let message = format!("for the loader `{name}`, {what} cannot be read as `{ty}`: {error}");
        Error::new(ErrorKind::Decode, message)
    })
}

/// Refuses bytes that nothing was read from.
pub(crate) fn no_rest(name: &str, what: &str, rest: &[u8]) -> CacheResult<()> {
    if rest.is_empty() {
        return Ok(());
    }
    let message = format!("for the loader `{name}`, {} bytes are left over after {what}", rest.len());
    Err(Error::new(ErrorKind::Decode, message))
}
