//! EDGE: one exchange with one URL; one message to a webhook.
//!
//! Owns the outgoing sockets, the address guard, time limits and size caps, and the decoding of
//! content codings. Must not follow redirects, decide about robots, speak SQL or print.

mod certificate;
mod client;
pub mod decode;
mod failure;
mod guard;
mod jar;
mod names;
mod post;
pub mod proxy;
mod spool;
mod trace;
pub mod wait;

pub use certificate::authorities;
pub use client::{Fetched, Fetcher, HostRequests, Request, Settings};
pub use guard::{Family, Resolution, is_private};
pub use jar::Jar;
pub use names::Names;
pub use post::{Posted, Poster};
pub use proxy::Proxies;
pub use spool::{HELD_TO_READ, Spool, beginning};
pub use wait::Waits;

#[cfg(test)]
mod rebinding_tests;
