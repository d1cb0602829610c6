//! What a look at the archive's soundness found, and what that costs. Its JSON form is public and versioned:
//! `docs/verification.schema.json` describes it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{time::Timestamp, words::words};

/// Version of the JSON form. Raised when a field is removed or changes its meaning.
pub const SCHEMA_VERSION: u32 = 1;

/// Captures that are named for one finding at most; the others are counted.
pub const NAMED: usize = 10_000;

words! {
    /// How closely is looked.
    pub enum Thoroughness {
        /// How the file hangs together, and the chain of runs over the leaves as they are stored.
        Quick = "quick",
        /// Also every cell of every table, and every capture against its leaf.
        Usual = "usual",
        /// Also every index against its table, and every body, head and text decoded.
        Full = "full",
    }
}

words! {
    /// What is damaged.
    pub enum Part {
        /// The file as SQLite sees it: its header, a page, how pages hang together.
        File = "file",
        /// The statements that say which tables there are.
        Schema = "schema",
        /// An index, against its table.
        Index = "index",
        /// A row that refers to another which is not there.
        Reference = "reference",
        /// Cells of a table, or its sum.
        Table = "table",
        /// The facts of captures, or their leaves.
        Capture = "capture",
        /// A run, or its root.
        Run = "run",
        /// The heads of a request and its answer.
        Head = "head",
        /// A body.
        Body = "body",
        /// The text of a page, which can be read again from its body.
        Text = "text",
    }
}

/// One thing that is damaged.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// What kind of thing.
    pub part: Part,
    /// Which: a table, an index, a run's uid, the SHA-256 of a body, an address.
    pub name: String,
    /// What was seen.
    pub why: String,
    /// What it costs, in words.
    pub costs: String,
    /// Whether all of it can be made again from what is sound.
    pub derived: bool,
    /// The captures it costs, at most [`NAMED`] of them.
    pub captures: Vec<LostCapture>,
    /// How many captures it costs in all.
    pub captures_total: u64,
}

/// A capture of which something is lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LostCapture {
    /// Its stable name.
    pub uid: String,
    /// Its address.
    pub url: String,
    /// When it was made.
    pub at: Option<Timestamp>,
}

/// What was looked at, and what was found.
#[derive(Debug, Clone, Serialize)]
pub struct Verification {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The file.
    pub archive: String,
    /// How closely it was looked at.
    pub thoroughness: Thoroughness,
    /// Only what runs brought that began then or later.
    pub since: Option<Timestamp>,
    /// True when nothing was found.
    pub sound: bool,
    /// How many of what were looked at: `runs`, `captures`, `heads`, `tables`, `bodies`, `texts`.
    pub checked: BTreeMap<&'static str, u64>,
    /// What is damaged.
    pub findings: Vec<Finding>,
    /// The newest root of this archive's own chain, in hexadecimal.
    pub newest_root: Option<String>,
}

/// What damage of a table means, and whether the table can be made again from others.
pub fn meaning(table: &str) -> (&'static str, bool) {
    match table {
        "capture" | "url" | "run" | "origin" => (
            "facts of captures; those that no longer agree with their leaves are named",
            false,
        ),
        "payload" | "blob" | "blob_part" => ("bodies; --full names those that cannot be read", false),
        "capture_head" => (
            "heads of requests and answers; those that cannot be read are named",
            false,
        ),
        "article" | "citation" | "citation_event" | "baseline" | "verdict" => {
            ("what was judged or noted of citations; no capture", false)
        }
        "watch" => ("lists that are watched; no capture", false),
        "task" | "host_state" => ("work that waits, and how hosts want to be asked; no capture", false),
        "pages" | "rows" | "sqlite_schema" => ("what stands there; see the other findings", false),
        "seal" => ("the sums of tables; no capture", true),
        _ => ("nothing that cannot be made again from bodies and captures", true),
    }
}

#[cfg(test)]
mod tests {
    use super::meaning;

    #[test]
    fn what_is_derived_can_be_made_again() {
        for (table, derived) in [
            ("capture", false),
            ("blob", false),
            ("verdict", false),
            ("pages", false),
            ("page_version", true),
            ("link", true),
            ("page_search_data", true),
        ] {
            assert_eq!(meaning(table).1, derived, "{table}");
        }
    }
}
