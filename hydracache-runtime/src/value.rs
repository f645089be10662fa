//! Values: typed, as bytes, or both, each form made at most once.

use std::any::{Any, type_name};
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use once_cell::race::OnceBox;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::{CacheCodec, CodecError, Envelope, fingerprint, seal};
use crate::engine::SharedError;
use crate::error::{Error, ErrorKind};
use crate::event::Count;

/// A value that a cache can load, store and hand out: cloned on a hit, encoded only when bytes are asked for.
///
/// Implemented for every type with the traits it names.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be cached",
    label = "this value cannot be cached",
    note = "derive what is missing: `#[derive(Clone, serde::Serialize, serde::Deserialize)]`; the value must own what it holds and be `Send + Sync`",
    note = "a value that never leaves the process, such as a compiled pattern or a client handle, needs only `Clone + Send + Sync + 'static`: say `memory_only`"
)]
pub trait CacheValue: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> CacheValue for T {}

/// A value that stays in memory; see [`CacheValue`] for what else a value can be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be cached, not even in memory",
    label = "this value cannot be cached",
    note = "a `memory_only` value is cloned on a hit and shared between threads: it needs `Clone + Send + Sync + 'static`; an `Arc` around it may be the cure"
)]
pub trait MemoryValue: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> MemoryValue for T {}

pub(crate) type AnyValue = Arc<dyn Any + Send + Sync>;

/// What the cache must know of a stored type to treat its values without naming it.
pub(crate) struct TypeInfo {
    name: fn() -> &'static str,
    serialize: Option<for<'a> fn(&'a (dyn Any + Send + Sync)) -> &'a dyn erased_serde::Serialize>,
}

impl TypeInfo {
    pub(crate) fn name(&self) -> &'static str {
        (self.name)()
    }
}

impl fmt::Debug for TypeInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

type Decode<T> = fn(&[u8], &dyn CacheCodec) -> Result<T, CodecError>;

/// How values of `T` are read and stored: with a byte form or in memory only.
pub struct Access<T> {
    info: &'static TypeInfo,
    decode: Option<Decode<T>>,
}

impl<T> Clone for Access<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Access<T> {}

impl<T> fmt::Debug for Access<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Access").field(&self.info).finish()
    }
}

struct Of<T>(PhantomData<T>);

impl<T: Serialize + Send + Sync + 'static> Of<T> {
    const ENCODABLE: &'static TypeInfo = &TypeInfo {
        name: type_name::<T>,
        serialize: Some(|value| {
            value.downcast_ref::<T>().expect("the type information is stored beside the value it describes")
        }),
    };
}

impl<T: Send + Sync + 'static> Of<T> {
    const IN_MEMORY: &'static TypeInfo = &TypeInfo { name: type_name::<T>, serialize: None };
}

// The bounds stand on the functions, where what they say is shown.
impl<T> Access<T> {
    /// Values that have a byte form.
    pub const fn encodable() -> Self
    where
        T: CacheValue,
    {
        Self { info: Of::<T>::ENCODABLE, decode: Some(decode::<T>) }
    }

    /// Values that never leave memory.
    pub const fn memory_only() -> Self
    where
        T: MemoryValue,
    {
        Self { info: Of::<T>::IN_MEMORY, decode: None }
    }
}

impl<T: Serialize + Clone + Send + Sync + 'static> Access<T> {
    /// Values that are stored with a byte form and not read here.
    pub(crate) const fn write_only() -> Self {
        Self { info: Of::<T>::ENCODABLE, decode: None }
    }
}

impl<T> Access<T> {
    pub(crate) fn info(&self) -> &'static TypeInfo {
        self.info
    }
}

fn decode<T: DeserializeOwned>(bytes: &[u8], codec: &dyn CacheCodec) -> Result<T, CodecError> {
    let mut value = None;
    codec.decode(bytes, &mut |deserializer| {
        value = Some(erased_serde::deserialize::<T>(deserializer)?);
        Ok(())
    })?;
    value.ok_or_else(|| CodecError::new("the codec did not read the value"))
}

struct Typed {
    value: AnyValue,
    info: &'static TypeInfo,
}

/// One stored value: typed, as bytes, or both. Each form is made at most once, when it is first needed.
pub(crate) struct Stored {
    typed: OnceLock<Typed>,
    /// Apart, because most values never have them.
    bytes: OnceBox<Bytes>,
}

/// The error of a load in the place of a value. A type of its own, so that no read takes it for one.
struct Remembered(SharedError);

/// Why a stored value could not be handed out as the type asked for.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// It is the error of a load.
    Failure(SharedError),
    /// It is of another type.
    OtherType(&'static str),
    /// Its bytes are no value of that type, whether they are of another one or damaged.
    Undecodable(Error),
}

impl ReadError {
    /// What such a read is counted as; an error that is of no use to the caller is as good as none.
    pub(crate) fn counts_as(&self) -> Option<Count> {
        match self {
            Self::Failure(_) => None,
            Self::OtherType(_) => Some(Count::TypeMismatch),
            Self::Undecodable(_) => Some(Count::DecodeFailure),
        }
    }
}

impl Stored {
    pub(crate) fn typed<T: Send + Sync + 'static>(value: Arc<T>, access: &Access<T>) -> Self {
        Self { typed: OnceLock::from(Typed { value, info: access.info }), bytes: OnceBox::new() }
    }

    /// The error of a load, in the form in which it is told to others.
    pub(crate) fn failure(error: SharedError) -> Self {
        let typed = Typed { value: Arc::new(Remembered(error)), info: Of::<Remembered>::IN_MEMORY };
        Self { typed: OnceLock::from(typed), bytes: OnceBox::new() }
    }

    fn as_failure(&self) -> Option<&SharedError> {
        self.typed.get()?.value.downcast_ref::<Remembered>().map(|Remembered(error)| error)
    }

    /// Whether it is the error of a load.
    pub(crate) fn is_failure(&self) -> bool {
        self.as_failure().is_some()
    }

    pub(crate) fn bytes(bytes: Bytes) -> Self {
        Self { typed: OnceLock::new(), bytes: OnceBox::with_value(Box::new(bytes)) }
    }

    /// Calls `take` with the value as a `T`.
    #[inline]
    pub(crate) fn read<T: Send + Sync + 'static, R>(
        &self,
        access: &Access<T>,
        codec: &dyn CacheCodec,
        version: u32,
        take: impl FnOnce(&AnyValue, &T) -> R,
    ) -> Result<R, ReadError> {
        self.value(access, codec, version).map(|(any, value)| take(any, value))
    }

    /// The value, shared and as a `T`.
    #[inline]
    pub(crate) fn value<T: Send + Sync + 'static>(
        &self,
        access: &Access<T>,
        codec: &dyn CacheCodec,
        version: u32,
    ) -> Result<(&AnyValue, &T), ReadError> {
        let typed = match self.typed.get() {
            Some(typed) => typed,
            None => self.decode_typed(access, codec, version)?,
        };
        match typed.value.downcast_ref::<T>() {
            Some(value) => Ok((&typed.value, value)),
            None => Err(self.other_than_asked(typed)),
        }
    }

    #[cold]
    fn other_than_asked(&self, typed: &Typed) -> ReadError {
        match self.as_failure() {
            Some(error) => ReadError::Failure(Arc::clone(error)),
            None => ReadError::OtherType(typed.info.name()),
        }
    }

    #[cold]
    fn decode_typed<T: Send + Sync + 'static>(
        &self,
        access: &Access<T>,
        codec: &dyn CacheCodec,
        version: u32,
    ) -> Result<&Typed, ReadError> {
        let bytes = self.bytes.get().expect("a stored value is made with one of its two forms");
        let decoded = access
            .decode
            .ok_or_else(|| not_encodable(access.info.name(), "read from bytes"))
            .and_then(|decode| {
                let envelope = Envelope::open(bytes)?;
                check_origin(&envelope, access.info, codec, version)?;
                decode(envelope.payload, codec).map_err(|error| {
                    let name = access.info.name();
                    Error::new(ErrorKind::Decode, format!("the bytes are not a `{name}`: {error}"))
                })
            })
            .map_err(ReadError::Undecodable)?;
        Ok(self.typed.get_or_init(|| Typed { value: Arc::new(decoded), info: access.info }))
    }

    /// The byte form, made now if it is not there yet.
    pub(crate) fn encoded(&self, codec: &dyn CacheCodec, version: u32) -> Result<Bytes, Error> {
        if let Some(bytes) = self.bytes.get() {
            return Ok(Bytes::clone(bytes));
        }
        let typed = self.typed.get().expect("a stored value is made with one of its two forms");
        let name = typed.info.name();
        let serialize = typed.info.serialize.ok_or_else(|| not_encodable(name, "encoded"))?;
        let value = serialize(&*typed.value);
        let sealed = seal(codec.id(), fingerprint(name, version), |out| codec.encode(value, out)).map_err(
            |error| Error::new(ErrorKind::Encode, format!("a `{name}` cannot be encoded: {error}")),
        )?;
        Ok(Bytes::clone(self.bytes.get_or_init(|| Box::new(sealed))))
    }

    /// The size of the byte form, counted without making it.
    pub(crate) fn encoded_len(&self, codec: &dyn CacheCodec) -> Result<usize, Error> {
        if let Some(bytes) = self.bytes.get() {
            return Ok(bytes.len());
        }
        let typed = self.typed.get().expect("a stored value is made with one of its two forms");
        let name = typed.info.name();
        let serialize = typed.info.serialize.ok_or_else(|| {
            Error::new(
                ErrorKind::NotEncodable,
                format!(
                    "a `{name}` is kept in memory only, so a cache bounded in bytes cannot tell its size: \
                     give it a `weight`"
                ),
            )
        })?;
        codec
            .encoded_len(serialize(&*typed.value))
            .map_err(|error| Error::new(ErrorKind::Encode, format!("a `{name}` cannot be measured: {error}")))
    }
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored")
            .field("type", &self.typed.get().map(|typed| typed.info))
            .field("encoded", &self.bytes.get().is_some())
            .finish()
    }
}

fn not_encodable(name: &str, done: &str) -> Error {
    Error::new(
        ErrorKind::NotEncodable,
        format!(
            "a `{name}` is kept in memory only and cannot be {done}: drop `memory_only` and derive serde's traits"
        ),
    )
}

fn check_origin(
    envelope: &Envelope<'_>,
    info: &TypeInfo,
    codec: &dyn CacheCodec,
    version: u32,
) -> Result<(), Error> {
    if envelope.codec != codec.id() {
        return Err(Error::new(
            ErrorKind::Decode,
            format!(
                "the bytes were written by codec {} and this cache reads codec {}",
                envelope.codec,
                codec.id()
            ),
        ));
    }
    if envelope.fingerprint != fingerprint(info.name(), version) {
        return Err(Error::new(
            ErrorKind::Decode,
            format!("the bytes are of another type than `{}`, or of another version of it", info.name()),
        ));
    }
    Ok(())
}
