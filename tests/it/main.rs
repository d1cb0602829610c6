//! The built binary against a local web, one file per behaviour.

mod archive;
mod bad_input;
mod check;
mod demo;
mod formats;
mod harness;
mod plumbing;
mod query;
mod report;
mod resume;
mod safety;
mod snapshot;
