//! Facts and their names: the vocabulary that every stage speaks.
//!
//! Owns the types that pass between stages. Must not import a stage, open a socket, speak SQL,
//! read a clock or print.

pub mod article;
pub mod bulletin;
pub mod canonical;
pub mod capture;
pub mod difference;
pub mod digest;
pub mod drift;
pub mod explanation;
pub mod facts;
pub mod fix;
pub mod fixity;
pub mod followed;
pub mod graph;
pub mod host;
pub mod job;
pub mod link;
pub mod list;
pub mod near;
pub mod page;
pub mod passage;
pub mod report;
pub mod retention;
pub mod revision;
pub mod revisit;
pub mod rot;
pub mod run;
pub mod search;
pub mod sketch;
pub mod statistics;
pub mod stats;
pub mod surt;
pub mod time;
pub mod timeline;
pub mod url;
pub mod verdict;
pub mod verification;
mod words;
