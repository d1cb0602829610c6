//! Words and places inside a page: what an article quotes from it, and what a fragment points at.

use super::{time::Timestamp, words::words};

words! {
    /// What became of quoted words.
    pub enum Wording {
        /// They are there, apart from letter case, punctuation and white space.
        Exact = "exact",
        /// Words much like them are there.
        Near = "near",
        /// They are not there.
        Missing = "missing",
    }
}

words! {
    /// Whether what a fragment points at is on a page.
    pub enum Presence {
        /// It is.
        There = "there",
        /// It is not, though it was, or would have to be.
        Missing = "missing",
        /// A script may make it, or an application reads the fragment: nothing can be told.
        Unknown = "unknown",
    }
}

/// The places and the words of a page that a fragment can point at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Anchors {
    /// Values of `id`, and of `name` of `<a>`, as written; sorted, each once.
    pub ids: Vec<String>,
    /// All text that a reader sees, not only the main text: one block a line, white space folded, NFC.
    pub text: String,
    /// Whether a script may add places or words to these.
    pub scripted: bool,
    /// Whether the page is HTML that was read to its end, so that what is not here is not there.
    pub whole: bool,
}

words! {
    /// How an article holds on to a part of a page.
    pub enum Hold {
        /// It quotes words.
        Quote = "quote",
        /// Its link points at a place or at words, by a fragment.
        Fragment = "fragment",
    }
}

words! {
    /// What became of that part.
    pub enum Fate {
        /// It is there.
        There = "there",
        /// Words much like it are there.
        Near = "near",
        /// It was there, and is not any more; or would have to be there, and is not.
        Missing = "missing",
        /// Nothing can be told: it was never seen there, or a script may make it.
        Unknown = "unknown",
    }
}

/// A part of a page that an article holds on to, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Passage {
    /// How the article holds on to it.
    pub hold: Hold,
    /// The words, or the fragment without its `#`.
    pub what: String,
    /// What became of it.
    pub fate: Fate,
    /// The words as they stand there now, where they are other ones.
    pub now: Option<String>,
    /// When it was last seen, where it is missing.
    pub last_seen: Option<Timestamp>,
}
