//! What happened to a page, in order. The JSON form of [`Timeline`] is public: `docs/history.schema.json`.

use serde::Serialize;

use super::{
    report::SourceChange,
    time::Timestamp,
    verdict::{Access, Class, Transport},
};

/// Version of the JSON form.
pub const SCHEMA_VERSION: u32 = 1;

/// Captures, versions and verdicts of a page.
#[derive(Debug, Clone, Serialize)]
pub struct Timeline {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The address.
    pub url: String,
    /// How often it was captured.
    pub captures: u64,
    /// How many different texts were seen, or bodies where there is no text.
    pub versions: u64,
    /// Oldest first.
    pub events: Vec<Event>,
}

/// Something that happened to a page.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Event {
    /// It was captured.
    Captured(Captured),
    /// A link to it was judged otherwise than before.
    Judged(Judged),
    /// A copy of it became what a link is compared with.
    Baseline(Baseline),
    /// An author did something to a link to it.
    Edited(SourceChange),
}

/// One capture, or several in a row that brought the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Captured {
    /// When; the first time, of several.
    pub at: Timestamp,
    /// The last time; as `at` for one capture.
    pub until: Timestamp,
    /// How many captures.
    pub times: u64,
    /// HTTP status at the end of the redirects.
    pub status: Option<u16>,
    /// How the connection went.
    pub transport: Transport,
    /// Whether we were let in.
    pub access: Access,
    /// Where redirects ended, if elsewhere.
    pub final_url: Option<String>,
    /// Which of the versions it brought, from 1; `None` where nothing good came.
    pub version: Option<u64>,
    /// Whether that version was not seen before.
    pub is_new: bool,
    /// Title of the page.
    pub title: Option<String>,
    /// SHA-256 of the decoded body, in hexadecimal.
    pub payload_sha256: Option<String>,
    /// Its length in bytes.
    pub payload_length: Option<u64>,
    /// In words, for a failure.
    pub detail: Option<String>,
}

/// A verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// When the visit was made that it judges.
    pub at: Timestamp,
    /// The article that links to the page.
    pub article: String,
    /// Fragment of the link, without `#`.
    pub fragment: Option<String>,
    /// What became of the link.
    pub class: Class,
    /// One sentence.
    pub reason: String,
    /// Whether it had been seen on two different days.
    pub confirmed: bool,
}

/// A copy that a link is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Baseline {
    /// When it was captured.
    pub at: Timestamp,
    /// The article that links to the page.
    pub article: String,
    /// Why that copy.
    pub chosen: String,
}

impl Event {
    /// When it happened.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Captured(one) => one.at,
            Self::Judged(one) => one.at,
            Self::Baseline(one) => one.at,
            Self::Edited(one) => one.at,
        }
    }
}

impl Captured {
    /// Whether another capture brought just the same.
    pub fn is_like(&self, other: &Self) -> bool {
        let seen = |one: &Self| {
            let Self {
                status,
                transport,
                access,
                version,
                ..
            } = one;
            // A page without changes may answer 304.
            (
                status.filter(|status| *status != 304).unwrap_or(200),
                *transport,
                *access,
                *version,
            )
        };
        seen(self) == seen(other) && self.final_url == other.final_url
    }
}

/// Captures in a row that brought the same as one.
pub fn folded(captures: Vec<Captured>) -> Vec<Captured> {
    let mut folded: Vec<Captured> = Vec::new();
    for capture in captures {
        match folded.last_mut() {
            // A version is told when it comes, and again when it stays.
            Some(last) if last.is_like(&capture) && !last.is_new => {
                last.until = capture.until;
                last.times += capture.times;
            }
            _ => folded.push(capture),
        }
    }
    folded
}
