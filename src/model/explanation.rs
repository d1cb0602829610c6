//! Why a link has the verdict it has. The JSON form of [`Explanation`] is public and versioned:
//! `docs/explain.schema.json` describes it.

use serde::Serialize;

use super::{
    capture::Revisit,
    report::{LinkReport, SourceChange},
    time::Timestamp,
    verdict::{Access, Class, Transport},
};

/// Version of the JSON form. Raised when a field is removed or changes its meaning.
pub const SCHEMA_VERSION: u32 = 1;

/// All that is known of an address that articles cite.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// When the explanation was made.
    pub generated_at: Timestamp,
    /// The address as it was asked about.
    pub asked: String,
    /// Each citation of it, in the order in which they were taken in.
    pub links: Vec<ExplainedLink>,
    /// The visits of each distinct address among them.
    pub addresses: Vec<Visited>,
}

/// One citation, and what its verdict rests on.
#[derive(Debug, Clone, Serialize)]
pub struct ExplainedLink {
    /// As in a report.
    pub link: LinkReport,
    /// What its class means.
    pub meaning: &'static str,
    /// Whether its article is still on the list.
    pub listed: bool,
    /// What would change the verdict, one sentence each.
    pub outlook: Vec<String>,
    /// Whether `show` can print the copy that it is held against.
    pub baseline_kept: bool,
    /// Whether `show` can print the last good copy.
    pub last_good_kept: bool,
    /// Every verdict ever given, oldest first.
    pub ledger: Vec<LedgerEntry>,
    /// What was done to it in the article, oldest first.
    pub source: Vec<SourceChange>,
    /// Other addresses of the archive that brought the very text it is held against.
    pub copies: Vec<String>,
}

/// One row of the ledger.
#[derive(Debug, Clone, Serialize)]
pub struct LedgerEntry {
    /// When the visit was made that it judges.
    pub visited_at: Timestamp,
    /// When it was judged.
    pub judged_at: Timestamp,
    /// What became of the link.
    pub class: Class,
    /// One sentence.
    pub reason: String,
    /// When this class began.
    pub since: Timestamp,
    /// Whether it had been seen on two different days.
    pub confirmed: bool,
    /// Failures counted towards death.
    pub strikes: u32,
    /// When the last of them was counted.
    pub last_strike: Option<Timestamp>,
    /// The rules it was judged by.
    pub rules_version: i64,
    /// Whether it is the verdict that holds.
    pub current: bool,
}

/// An address, and how it answered.
#[derive(Debug, Clone, Serialize)]
pub struct Visited {
    /// The address.
    pub url: String,
    /// Oldest first; each attempt with its redirects is one.
    pub visits: Vec<Visit>,
}

/// One attempt, as it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Visit {
    /// When it was begun.
    pub at: Timestamp,
    /// What was asked for: another spelling of the address where that one was visited for both.
    pub url: String,
    /// Where redirects ended, if elsewhere.
    pub final_url: Option<String>,
    /// HTTP status at the end.
    pub status: Option<u16>,
    /// How the connection went.
    pub transport: Transport,
    /// Whether we were let in.
    pub access: Access,
    /// Why the body is not stored again.
    pub revisit: Option<Revisit>,
    /// SHA-256 of the decoded body, in hexadecimal.
    pub payload_sha256: Option<String>,
    /// Its length in bytes.
    pub payload_length: Option<u64>,
    /// In words, for a failure.
    pub detail: Option<String>,
}
