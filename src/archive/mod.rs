//! EDGE: the SQLite file that holds everything.
//!
//! Owns every line of SQL, the migrations, the one writer, the blob codec and the run lock. Must not
//! fetch, judge or print. Stages hand it `model` types and get `model` types back.

mod articles;
mod assets;
mod backup;
mod blob;
mod choices;
mod citations;
mod company;
mod copies;
mod due;
mod error;
mod error_pages;
mod facts;
mod fixity;
mod followed;
mod functions;
mod graph;
mod heads;
mod hosts;
mod ingest;
mod jobs;
mod ledger;
mod links;
mod lock;
mod merge;
mod mounts;
mod notifiers;
mod observations;
mod open;
mod prune;
mod query;
mod read;
mod readings;
mod rejudge;
mod reports;
mod sandbox;
mod schema;
mod search;
mod source_history;
mod stats;
mod timeline;
mod versions;
mod volatile;
mod watches;
mod writer;

pub use articles::{OpenRun, TakenArticle};
pub use backup::BackedUp;
pub use blob::{Chosen, Compacted, FirstPages, Parts, Sizes, Unstored, compact, pack};
pub use company::Companies;
pub use copies::{Copy, Which};
pub use due::Failing;
pub use error::ArchiveError;
pub use error_pages::SeenError;
pub use facts::KeptBody;
pub use fixity::{Step, verify};
pub use functions::{FUNCTIONS, Function, Lent};
pub use ingest::{Ingest, new_uid};
pub use jobs::{KeptJob, KeptJobRun};
pub use ledger::Named;
pub use lock::RunLock;
pub use merge::{Amount, Coming, Merged, coming, merge};
pub use open::{Archive, FORMAT_VERSION};
pub use prune::{Pruned, Pruning, prune};
pub use query::{Question, Rows, Value};
pub use read::{Held, HeldPage, Reader, RobotsCache};
pub use readings::{ReadMark, ReportReader};
pub use rejudge::{Again, Latest};
pub use reports::{News, ReportScope};
pub use sandbox::Limits;
pub use schema::{Column, VIEWS, View};
pub use search::SearchScope;
pub use writer::{Writer, WriterHandle};

type Result<T> = std::result::Result<T, ArchiveError>;
