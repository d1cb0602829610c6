//! EDGE: one exchange with one URL.
//!
//! Owns the outgoing sockets, the address guard, time limits and size caps, and the decoding of
//! content codings. Must not follow redirects, decide about robots, speak SQL or print.

mod client;
pub mod decode;
mod failure;
mod guard;
mod wait;

pub use client::{Fetched, Fetcher, HostRequests, Request, Settings};
pub use guard::{Resolution, is_private};
pub use wait::Waits;
