//! One pass over work to do.

use super::{
    capture::{Capture, Exchange, Purpose},
    page::Page,
    time::Timestamp,
    url::Url,
    words::words,
};

words! {
    /// What a run was for.
    pub enum RunKind {
        /// Articles taken in, with what they cite.
        Snapshot = "snapshot",
        /// Known articles and links visited again.
        Check = "check",
    }
}

words! {
    /// Of which pages a run keeps what they need to look as they did.
    pub enum Assets {
        /// Of none.
        None = "none",
        /// Of the articles.
        Articles = "articles",
        /// Of the articles and of every page they cite.
        All = "all",
    }
}

impl Assets {
    /// Most assets taken from one page, or from one style sheet.
    pub const PER_PAGE: usize = 2_000;
    /// Most assets of one run.
    pub const PER_RUN: usize = 10_000;
    /// Most `@import` rules followed from a page's style sheet, one from another.
    pub const IMPORTS: u32 = 5;

    /// Whether those of a page fetched for `purpose` are kept.
    pub const fn are_kept(self, purpose: Purpose) -> bool {
        match self {
            Assets::None => false,
            Assets::Articles => matches!(purpose, Purpose::Article),
            Assets::All => matches!(purpose, Purpose::Article | Purpose::Citation),
        }
    }
}

/// Something to fetch, as the archive keeps it.
#[derive(Debug, Clone)]
pub struct Task {
    /// Row in the archive.
    pub id: i64,
    /// Where it starts; redirects move on from here.
    pub url: Url,
    /// Why it is fetched.
    pub purpose: Purpose,
    /// Links followed from the article: 0 for the article itself. Of an asset: 1 when a page names it,
    /// one more for each style sheet in between.
    pub depth: u32,
    /// Attempts already committed in this run.
    pub attempts: u32,
    /// Not before.
    pub due: Timestamp,
    /// What an earlier good answer allows us to ask conditionally.
    pub prior: Option<Prior>,
}

/// What the archive holds of a URL from its last good capture.
#[derive(Debug, Clone)]
pub struct Prior {
    /// That capture.
    pub capture_id: i64,
    /// Strong or weak entity tag, as received.
    pub etag: Option<String>,
    /// `Last-Modified`, as received.
    pub last_modified: Option<String>,
    /// Row of the payload it returned.
    pub payload_id: i64,
    /// Media type of that answer, which a 304 does not repeat.
    pub media_type: Option<String>,
    /// Charset of that answer's `Content-Type`.
    pub charset: Option<String>,
}

/// A body made ready for storing by a worker.
#[derive(Debug)]
pub enum Body {
    /// Nothing was received, or a 304 names what we hold.
    None,
    /// The archive holds these bytes.
    Held {
        /// Row of the payload.
        payload_id: i64,
    },
    /// Bytes not held when the worker looked.
    New {
        /// SHA-256 of the decoded bytes.
        digest: super::digest::PayloadDigest,
        /// Length of the decoded bytes.
        length: u64,
        /// Encoded for storage, verified to decode to the same bytes.
        blob: EncodedBlob,
        /// Whether it becomes what other pages of its host are stored against.
        for_host: bool,
    },
    /// Bytes not held, and too many to be in memory.
    Large {
        /// SHA-256 of the decoded bytes.
        digest: super::digest::PayloadDigest,
        /// Length of the decoded bytes.
        length: u64,
        /// Encoded for storage.
        parts: EncodedParts,
    },
    /// Bytes that the site asks not to keep: only which they were.
    Withheld {
        /// SHA-256 of the decoded bytes.
        digest: super::digest::PayloadDigest,
        /// Length of the decoded bytes.
        length: u64,
    },
}

/// Bytes as the archive keeps them.
#[derive(Debug)]
pub struct EncodedBlob {
    /// How they were encoded.
    pub codec: Codec,
    /// What has to be at hand to decode them.
    pub base: Option<Base>,
    /// The encoded bytes.
    pub data: Vec<u8>,
}

/// A body in parts, each encoded by itself and verified to decode to the same bytes.
#[derive(Debug)]
pub struct EncodedParts {
    /// The encoded parts, one after the other; a temporary file that goes when this is dropped.
    pub file: std::fs::File,
    /// Bytes of each.
    pub lengths: Vec<usize>,
}

/// The bytes that others are stored as a difference from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// A row of the archive.
    Blob(i64),
    /// What an attempt brings that was handed to the writer before.
    Payload(super::digest::PayloadDigest),
}

words! {
    /// How a blob is encoded.
    pub enum Codec {
        /// As they are: they would not shrink.
        Raw = "raw",
        /// One zstd frame with checksum. Where there is a base, its bytes are the frame's prefix.
        Zstd = "zstd",
        /// In parts, each a zstd frame with checksum, in rows of their own.
        Parts = "parts",
    }
}

/// One exchange ready to be committed.
#[derive(Debug)]
pub struct Prepared {
    /// What happened, its body taken out.
    pub exchange: Exchange,
    /// The readings of it.
    pub capture: Capture,
    /// Its body.
    pub body: Body,
    /// What the body says, where it was read now.
    pub page: Option<PackedPage>,
}

/// A page with its texts in the form in which they are stored.
#[derive(Debug)]
pub struct PackedPage {
    /// The page.
    pub page: Page,
    /// Whether each of its links becomes a row; otherwise those of its main text do.
    pub every_link: bool,
    /// Its texts; `None` when the site asks that no copy be kept.
    pub text: Option<PackedText>,
}

/// The main text of a page, and after it the addresses that become no row, each followed by a line feed; those of
/// the page's own origin without it.
#[derive(Debug)]
pub struct PackedText {
    /// Whether the bytes of the page are the frame's prefix: most of its text stands there word for word.
    pub on_body: bool,
    /// One zstd frame with checksum.
    pub data: Vec<u8>,
}

/// What becomes of a task with a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskEnd {
    /// It is done.
    Done,
    /// It is to be tried again, not before this time.
    Retry(Timestamp),
}

/// One attempt at one task: the exchanges of a redirect chain, first hop first. Committed whole
/// or not at all.
#[derive(Debug)]
pub struct Attempt {
    /// Row of the run.
    pub run_id: i64,
    /// The task, or `None` for robots.txt and other fetches that no task asked for.
    pub task: Option<Task>,
    /// Why it was fetched.
    pub purpose: Purpose,
    /// First hop first; never empty.
    pub hops: Vec<Prepared>,
    /// What becomes of the task.
    pub end: TaskEnd,
    /// Whether the links of the last page become tasks.
    pub follow: bool,
}

/// What the writer tells after a commit.
#[derive(Debug, Clone)]
pub struct Committed {
    /// The task that was worked on.
    pub task: Option<i64>,
    /// What became of it.
    pub end: TaskEnd,
    /// Hosts that have new tasks waiting in the archive, with how many.
    pub new_work: Vec<(String, u64)>,
    /// New blobs' encoded size in bytes.
    pub stored_bytes: u64,
}
