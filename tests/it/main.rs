//! The built binary against a local web, one file per behaviour.

mod archive;
mod assets;
mod backup;
mod bad_input;
mod check;
mod compact;
mod demo;
mod explain;
#[cfg(target_os = "linux")]
mod faults;
mod formats;
mod golden;
mod gone;
mod harness;
mod hostile;
mod large;
mod lists;
mod merge;
mod migrate;
mod network;
mod noarchive;
mod passages;
mod plumbing;
mod politeness;
mod prune;
mod query;
mod report;
mod resume;
mod safety;
mod snapshot;
mod source;
mod stats;
mod texts;
mod together;
mod verify;
mod walls;
