//! Where the addresses of a name come from: the system's resolver, or one that a test hands in.

use std::{future::Future, io, net::SocketAddr, pin::Pin, sync::Arc};

type Answer = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// A resolver of names.
#[derive(Clone)]
pub struct Names(Arc<dyn Fn(&str) -> Answer + Send + Sync>);

impl Names {
    /// A resolver that answers as this function does.
    pub fn new<F>(answer: impl Fn(&str) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'static,
    {
        Self(Arc::new(move |name| Box::pin(answer(name))))
    }

    /// Every address of a name, in the order of preference; ports mean nothing.
    pub(super) async fn addresses(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
        (self.0)(name).await
    }
}

impl Default for Names {
    /// The system's resolver.
    fn default() -> Self {
        Self::new(|name| {
            let name = name.to_owned();
            async move { Ok(tokio::net::lookup_host((name.as_str(), 0)).await?.collect()) }
        })
    }
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Names")
    }
}
