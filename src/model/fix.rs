//! Links of a document that are to lead elsewhere. The JSON form of [`Fixes`] is public: `docs/fix.schema.json`.

use serde::Serialize;

use super::{time::Timestamp, verdict::Class, words::words};

/// Version of the JSON form.
pub const SCHEMA_VERSION: u32 = 1;

words! {
    /// Where a link is to lead.
    pub enum Kind {
        /// Where the page moved to.
        Moved = "moved",
        /// A copy of what it led to.
        Copy = "copy",
    }
}

/// Where a link is to lead instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// The kind of address.
    pub kind: Kind,
    /// The address, without fragment.
    pub address: String,
    /// An address of a copy of what the link led to, and the time it is of: Robust Links' `versionurl` and
    /// `versiondate`.
    pub copy: (String, Timestamp),
    /// One sentence.
    pub why: String,
}

/// What `fix` proposes, or did.
#[derive(Debug, Clone, Serialize)]
pub struct Fixes {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Whether the files were written.
    pub written: bool,
    /// Each file that was named.
    pub files: Vec<FixedFile>,
}

/// A file and its links.
#[derive(Debug, Clone, Serialize)]
pub struct FixedFile {
    /// As it was named.
    pub file: String,
    /// Links that are to lead elsewhere.
    pub fixes: Vec<Fix>,
    /// Links that need attention and are left as they are.
    pub left: Vec<Left>,
    /// The file as it was, where it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup: Option<String>,
}

/// A link that is to lead elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// Line in the file, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Where it leads, with fragment.
    pub from: String,
    /// Where it is to lead.
    pub to: String,
    /// The kind of address.
    pub kind: Kind,
    /// What became of it.
    pub class: Class,
    /// One sentence.
    pub why: String,
}

/// A link that is left as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    /// Line in the file, from 1.
    pub line: usize,
    /// Where it leads, with fragment.
    pub url: String,
    /// What became of it.
    pub class: Class,
    /// Why it is left.
    pub why: String,
}
