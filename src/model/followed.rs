//! Local files that are followed from run to run.

use super::{digest::PayloadDigest, time::Timestamp, words::words};

words! {
    /// How the files are named.
    pub enum PatternKind {
        /// One file.
        File = "file",
        /// All articles in a folder and the folders below it.
        Folder = "folder",
        /// All files that wildcards say.
        Glob = "glob",
    }
}

/// Files that every run follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// A file, a folder or a glob, relative to the project (absolute outside it).
    pub locator: String,
    /// Which of them.
    pub kind: PatternKind,
    /// The folder that the files are in: of a glob, what stands before its first wildcard; `.` for the project.
    pub folder: String,
    /// Since when they are followed.
    pub added_at: Timestamp,
    /// When they were last looked through well.
    pub read_at: Timestamp,
    /// Why they could not be the last time; `None` when they could.
    pub failure: Option<String>,
}

/// A local file that is an article, or was one.
#[derive(Debug, Clone)]
pub struct FileArticle {
    /// Path relative to the project (absolute outside it).
    pub locator: String,
    /// Whether it is on the list.
    pub listed: bool,
    /// Whether it is off the list because its file was gone.
    pub gone: bool,
    /// Of the bytes that were read last; `None` where none were read.
    pub digest: Option<PayloadDigest>,
}
