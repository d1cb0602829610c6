//! What the client does not tell of its own accord: how long looking up and connecting took. Each
//! exchange carries a trace along; the resolver and a layer around the connector write into it.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Instant,
};

use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    static CURRENT: Arc<Trace>;
}

/// What one exchange wants of its connection, and what becomes known of it.
#[derive(Debug, Default)]
pub(super) struct Trace {
    /// Ask the other address family first.
    pub other_family: bool,
    /// One more than the milliseconds; 0: it did not happen.
    lookup: AtomicU64,
    connect: AtomicU64,
}

impl Trace {
    pub fn new(other_family: bool) -> Arc<Self> {
        Arc::new(Self {
            other_family,
            ..Self::default()
        })
    }

    /// The trace of the exchange that this code runs for, if any.
    pub fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    /// Runs an exchange with its trace.
    pub async fn along<F: Future>(self: &Arc<Self>, exchange: F) -> F::Output {
        CURRENT.scope(Arc::clone(self), exchange).await
    }

    pub fn looked_up(&self, begun: Instant) {
        self.lookup.store(millis_since(begun) + 1, Ordering::Relaxed);
    }

    /// Milliseconds of the look-up, and of connecting without it.
    pub fn times(&self) -> (Option<u64>, Option<u64>) {
        let lookup = self.lookup.load(Ordering::Relaxed).checked_sub(1);
        let connect = self.connect.load(Ordering::Relaxed).checked_sub(1);
        (lookup, connect.map(|all| all.saturating_sub(lookup.unwrap_or(0))))
    }
}

pub(super) fn millis_since(begun: Instant) -> u64 {
    begun.elapsed().as_millis().try_into().unwrap_or(u64::MAX - 1)
}

/// Measures how long connecting takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured;

/// A connector that is measured.
#[derive(Debug, Clone)]
pub(super) struct MeasuredConnector<S>(S);

impl<S> Layer<S> for Measured {
    type Service = MeasuredConnector<S>;

    fn layer(&self, inner: S) -> Self::Service {
        MeasuredConnector(inner)
    }
}

impl<S, R> Service<R> for MeasuredConnector<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        // Taken here: the connection may be finished by another task than the one that wanted it.
        let trace = Trace::current();
        let begun = Instant::now();
        let connecting = self.0.call(request);
        Box::pin(async move {
            let connected = connecting.await;
            if let Some(trace) = trace {
                trace.connect.store(millis_since(begun) + 1, Ordering::Relaxed);
            }
            connected
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_nothing_from_nought() {
        let trace = Trace::default();
        assert_eq!(trace.times(), (None, None));
        trace.lookup.store(1, Ordering::Relaxed);
        trace.connect.store(31, Ordering::Relaxed);
        assert_eq!(trace.times(), (Some(0), Some(30)));
        trace.lookup.store(11, Ordering::Relaxed);
        assert_eq!(trace.times(), (Some(10), Some(20)));
    }
}
