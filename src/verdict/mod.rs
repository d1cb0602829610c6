//! Captures and contents -> verdict. Pure: no sockets, SQL, clocks or printing.
//!
//! Transport and access are read off each exchange at once, from its head ([`access`]) and from the
//! page it brought ([`wall`]); the rest is judged from rows of the archive when a run has drained ([`judge`]), so that old captures can be judged
//! again by newer rules without asking anybody.

pub mod access;
mod chain;
mod detour;
pub mod drift;
pub mod fragment;
mod judge;
mod marks;
mod outage;
mod paywall;
pub mod quote;
mod soft404;
mod tokens;
pub mod wall;

pub use judge::{judge, wants_texts};
pub use outage::is_our_outage;
