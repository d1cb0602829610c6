//! Evercite keeps the pages that an article cites, and tells what became of them.
//!
//! An article goes in; it and every page it links to are fetched, read, hashed, compressed and
//! stored with the link graph in one SQLite file; a later run tells which links are dead, moved or
//! changed. `ARCHITECTURE.md` tells where a line belongs; in short:
//!
//! | module | turns |
//! |---|---|
//! | [`source`] | an argument or a file into seeds |
//! | [`frontier`] | waiting tasks and the time into the next step |
//! | [`fetch`] | a URL into one exchange (edge: sockets) |
//! | [`extract`] | a body into title, links, main text and digests |
//! | [`archive`] | facts into rows and back (edge: SQLite) |
//! | [`verdict`] | what was captured, then and now, into what became of a link |
//! | [`report`] | a report into text or JSON |
//! | [`schedule`] | jobs and the time into what is due |
//! | [`notify`] | what is new into messages |
//! | [`crawl`] | all of the above into a run |
//! | [`demo`] | nothing into a small web to try all this on |
//! | [`cli`] | what the user typed into one of the above (edge: arguments, terminal) |

pub mod archive;
pub mod cli;
pub mod crawl;
pub mod demo;
pub mod extract;
pub mod fetch;
pub mod frontier;
pub mod model;
pub mod notify;
pub mod report;
pub mod schedule;
pub mod source;
pub mod verdict;
