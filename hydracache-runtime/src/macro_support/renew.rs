//! Functions whose values may be handed out old, or are loaded again before they are.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::runtime::Handle;

use super::lookup::{Missed, missed, reach, with, write};
use super::{Miss, Outcome, Request, View};
use crate::cache::HydraCache;
use crate::call_site::CallSite;
use crate::entry::Entry;
use crate::key::KeyBuf;
use crate::lead::Lead;
use crate::ops::Service;
use crate::runtime::{Scope, Scoped};
use crate::sharing::Sharing;
use crate::sync::Arc;
use crate::value::{Access, ReadError};

/// What a look-up found that minds the windows of its function.
#[derive(Debug)]
pub enum Renewing<Out, E> {
    /// A value.
    Hit(Out),
    /// The remembered error of a load.
    Failed(E),
    /// A value that is to be loaded in the background.
    Renew(Out, Renewal),
    /// None; here is what to load with.
    Miss(Miss),
}

/// A load in the background, about to begin.
#[derive(Debug)]
pub struct Renewal {
    missed: Missed,
    entry: Arc<Entry>,
}

/// Looks a call up. The background of an async function is a tokio runtime; that of a blocking one is there always.
#[inline]
pub fn lookup_renewing<V, W, E>(
    site: &'static CallSite,
    access: Access<V>,
    sharing: Sharing<E>,
    cache: Option<&HydraCache>,
    write_key: impl FnOnce(&mut KeyBuf, &'static CallSite),
) -> Renewing<W::Out, E>
where
    V: Clone + Send + Sync + 'static,
    W: View<V>,
{
    let mut key = KeyBuf::new();
    let text = write(&mut key, site, write_key);
    with(site, cache, |function| {
        let Some((function, key)) = reach(site, function, text) else { return Renewing::Miss(Miss(None)) };
        let (ops, windows) = (function.ops(), site.windows());
        if let Some((entry, decision)) = ops.consult(key, windows) {
            match entry.stored.value(&access, function.engine.codec(), site.version()) {
                Ok((_, value)) => {
                    let background = || !site.is_async() || Handle::try_current().is_ok();
                    let service = ops.service(key, &entry, decision, windows, background);
                    let found = |source| W::found(value, source, || ops.age(&entry));
                    match service {
                        Service::Take(source) => return Renewing::Hit(found(source)),
                        Service::Renew(source) => {
                            let found = found(source);
                            let (missed, entry) = (missed(&function, key), Arc::clone(&entry));
                            return Renewing::Renew(found, Renewal { missed, entry });
                        }
                        Service::Load => {}
                    }
                }
                Err(ReadError::Failure(shared)) => {
                    if let Some(error) = (sharing.unshare)(&shared) {
                        ops.hit(key, &entry);
                        return Renewing::Failed(error);
                    }
                }
                // What cannot be read is loaded anew, and counted when that begins.
                Err(_) => {}
            }
        }
        Renewing::Miss(Miss(Some(missed(&function, key))))
    })
}

impl Renewal {
    fn lead<V, E>(self, request: Request<V, E>) -> Option<Lead<V, E>>
    where
        V: Clone + Send + Sync + 'static,
    {
        let (call, _) = request.into_call(Miss(Some(self.missed)));
        call?.begin_refresh(self.entry)
    }

    /// Loads in the tokio runtime of the caller, unless somebody does already.
    pub fn begin<const SHAPE: u8, R, Fut>(
        self,
        request: Request<R::Value, R::Error>,
        loader: impl FnOnce() -> Fut,
    ) where
        R: Outcome<SHAPE>,
        R::Value: Clone + Send + Sync + 'static,
        R::Error: 'static,
        Fut: Future<Output = R> + Send + 'static,
    {
        let Ok(runtime) = Handle::try_current() else { return };
        let Some(lead) = self.lead(request) else { return };
        // The caller has its value: a body that panics before it is polled fails like one that does later.
        let Ok(loading) = catch_unwind(AssertUnwindSafe(|| lead.begin_loader(loader))) else { return };
        let load = lead.run(async move { loading.await.split() });
        runtime.spawn(Scoped::new(Scope::current(), async move { drop(load.await) }));
    }

    /// Loads on a thread that may block, unless somebody does already: of the caller's tokio runtime, else one of its own.
    pub fn begin_blocking<const SHAPE: u8, R>(
        self,
        request: Request<R::Value, R::Error>,
        loader: impl FnOnce() -> R + Send + 'static,
    ) where
        R: Outcome<SHAPE>,
        R::Value: Clone + Send + Sync + 'static,
        R::Error: 'static,
    {
        let Some(lead) = self.lead(request) else { return };
        let scope = Scope::current();
        let load = move || scope.enter(|| drop(lead.run_blocking(|| loader().split())));
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(load)),
            Err(_) => {
                let thread = std::thread::Builder::new().name("hydracache-refresh".into());
                // Without a thread nothing is refreshed: the load that was dropped lands as gone.
                if let Err(error) = thread.spawn(load) {
                    tracing::warn!(%error, "a value could not be refreshed");
                }
            }
        }
    }
}
