//! What an archive holds, and what that takes. The JSON form of [`Stats`] is public and versioned:
//! `docs/stats.schema.json` describes it. Sizes are bytes.

use serde::Serialize;

use super::time::Timestamp;

/// Version of the JSON form. Raised when a field is removed or changes its meaning.
pub const SCHEMA_VERSION: u32 = 1;

/// An archive in figures.
#[derive(Debug, Clone, Serialize)]
pub struct Stats {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// When they were made.
    pub generated_at: Timestamp,
    /// Sums over the whole archive.
    pub totals: Totals,
    /// What the file is made of, the largest part first; the sum is the size of the file.
    pub composition: Vec<Part>,
    /// Hosts, those with the most stored bytes first.
    pub hosts: Vec<Group>,
    /// How many hosts there are beside those.
    pub more_hosts: u64,
    /// Media types, those with the most stored bytes first.
    pub media_types: Vec<Group>,
    /// How many media types there are beside those.
    pub more_media_types: u64,
    /// How many pages have how many versions, by versions.
    pub versions: Vec<Versions>,
    /// What each run brought, oldest first.
    pub runs: Vec<Growth>,
}

/// Sums over an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Exchanges, failures included.
    pub captures: u64,
    /// Addresses asked for.
    pub urls: u64,
    /// Distinct bodies, with bytes or without.
    pub payloads: u64,
    /// Bodies of which the bytes are not kept, because the site asked for that.
    pub withheld: u64,
    /// Bodies of which the bytes were freed by policy.
    pub pruned: u64,
    /// Articles and cited pages with a good copy.
    pub pages: u64,
    /// Their versions: good copies that differ in any byte.
    pub versions: u64,
    /// Bodies as they came over the wire, compressed where they were.
    pub received: u64,
    /// What all these bodies are, decoded: what keeping every copy would take.
    pub copies: u64,
    /// Distinct bodies that are kept, decoded.
    pub distinct: u64,
    /// Distinct bodies as they are stored.
    pub stored: u64,
    /// The file.
    pub file: u64,
}

impl Totals {
    /// Stored bytes as a part of those of every copy; `None` where no body came.
    pub fn ratio(&self) -> Option<f64> {
        (self.copies > 0).then(|| self.stored as f64 / self.copies as f64)
    }
}

/// A part of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// What stands in it.
    pub name: &'static str,
    /// Bytes of its pages.
    pub bytes: u64,
}

/// What captures that have something in common brought.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Group {
    /// What they have in common; empty for a host without a name (local articles), or no media type.
    pub name: String,
    /// How many there are.
    pub captures: u64,
    /// Bodies that came for the first time in the archive.
    pub payloads: u64,
    /// Those bodies, decoded.
    pub distinct: u64,
    /// Those bodies as they are stored.
    pub stored: u64,
}

/// Pages with so many versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Versions {
    /// Versions of each.
    pub versions: u64,
    /// How many pages.
    pub pages: u64,
}

/// What a run brought.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Growth {
    /// Stable name of the run.
    pub run: String,
    /// `snapshot` or `check`.
    pub kind: String,
    /// When it began.
    pub started_at: Timestamp,
    /// Exchanges, failures included.
    pub captures: u64,
    /// Bodies that came for the first time.
    pub payloads: u64,
    /// Captures that brought, or confirmed, a body that was there.
    pub revisits: u64,
    /// Bodies as they came over the wire.
    pub received: u64,
    /// New bodies as they are stored now.
    pub stored: u64,
}
