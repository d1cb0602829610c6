//! What a verdict is judged from, as read back from the archive.

use super::{
    digest::{DocumentDigest, TextDigest},
    page::PageKind,
    passage::Anchors,
    sketch::{ErrorPage, Sketch},
    time::Timestamp,
    verdict::{Access, Transport, Verdict},
};

/// One exchange of a chain.
#[derive(Debug, Clone, PartialEq)]
pub struct HopFacts {
    /// What was asked for.
    pub url: String,
    /// Status, where an answer came.
    pub status: Option<u16>,
    /// How the connection went.
    pub transport: Transport,
    /// Whether we were let in.
    pub access: Access,
    /// In words.
    pub detail: Option<String>,
    /// The length of the decoded body, where there is one.
    pub length: Option<u64>,
    /// Whether the body is whole.
    pub whole: bool,
}

/// A page version, without its text.
#[derive(Debug, Clone, PartialEq)]
pub struct PageFacts {
    /// Row of the version, to load its text by.
    pub version: i64,
    /// How the body was read.
    pub kind: PageKind,
    /// Title.
    pub title: String,
    /// Digest without what changes by itself.
    pub document: DocumentDigest,
    /// Digest of the main text.
    pub text: TextDigest,
    /// Bytes of main text.
    pub text_length: u64,
    /// The address the page declares as its own.
    pub canonical: Option<String>,
    /// Whether it is only the shell of an application, which a script would draw.
    pub shell: bool,
}

/// The newest attempt of a run at a citation's address.
#[derive(Debug, Clone, PartialEq)]
pub struct ChainFacts {
    /// Row of the first hop.
    pub capture: i64,
    /// When it was begun.
    pub at: Timestamp,
    /// First hop first; never empty.
    pub hops: Vec<HopFacts>,
    /// What the last hop's body says.
    pub page: Option<PageFacts>,
}

/// What a citation is held against.
#[derive(Debug, Clone, PartialEq)]
pub struct BaselineFacts {
    /// Row of the baseline.
    pub id: i64,
    /// When the copy was taken.
    pub captured_at: Timestamp,
    /// Row of the capture that brought it.
    pub last_capture: Option<i64>,
    /// Language the page declared.
    pub language: Option<String>,
    /// What it said.
    pub page: Option<PageFacts>,
}

/// A citation and all that its verdict rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct CitationFacts {
    /// Row of the citation.
    pub citation: i64,
    /// The cited address.
    pub url: String,
    /// The fragment it is cited with; empty without one.
    pub fragment: String,
    /// What the article quotes beside the link.
    pub quotes: Vec<String>,
    /// When the address was last seen good before this run.
    pub seen_good: Option<Timestamp>,
    /// What it is held against, if a good copy was ever had.
    pub baseline: Option<BaselineFacts>,
    /// The verdict before this one.
    pub previous: Option<Verdict>,
    /// First hop of the last good chain before this one.
    pub last_good: Option<i64>,
    /// What that chain brought.
    pub last_page: Option<PageFacts>,
    /// The attempt to be judged.
    pub chain: ChainFacts,
}

/// What a verdict needs besides rows: texts and bodies, read for it from the archive.
#[derive(Debug, Clone, Default)]
pub struct Inspection {
    /// Main text of the baseline.
    pub baseline: Option<String>,
    /// Main text of the last good copy, where that is neither the baseline nor the page.
    pub last_good: Option<String>,
    /// Main text of the page to be judged.
    pub text: Option<String>,
    /// The page, where there is reason to look closer.
    pub sketch: Option<Sketch>,
    /// What its host shows where there is nothing, likewise.
    pub errors: Vec<ErrorPage>,
    /// Where a fragment can point on the page, and where it could on the baseline.
    pub anchors: Option<Anchors>,
    pub baseline_anchors: Option<Anchors>,
    /// The rest of its run.
    pub company: Company,
    /// Other addresses at which the text of the baseline stands now.
    pub copies: Vec<TextCopy>,
}

/// What else happened in the run of a capture: one link alone does not show it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Company {
    /// Addresses whose redirects ended where this one's did, itself included.
    pub same_end: u64,
    /// Addresses of its host that brought the very same text, itself included.
    pub same_text: u64,
    /// Cited addresses of its host.
    pub host_links: u64,
    /// Those of them that failed the same way, itself included.
    pub failed_alike: u64,
}

/// The same text at another address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextCopy {
    /// Where.
    pub url: String,
    /// When it was first captured there.
    pub first_seen: Timestamp,
    /// When it was last captured there.
    pub last_seen: Timestamp,
    /// Whether it was first seen there in a later run than the last that saw it here.
    pub is_newer: bool,
}

/// A verdict, ready to be written.
#[derive(Debug, Clone)]
pub struct Judged {
    /// Row of the citation.
    pub citation: i64,
    /// First hop of the chain it judges.
    pub capture: i64,
    /// The verdict.
    pub verdict: Verdict,
    /// Row of the baseline it was held against.
    pub baseline: Option<i64>,
    /// Set when this chain is the first good one: it becomes the baseline.
    pub new_baseline: bool,
    /// First hop of the last good chain, this one included.
    pub last_good: Option<i64>,
}
