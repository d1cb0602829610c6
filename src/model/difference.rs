//! How one version of a page differs from another, for people to read: sentence by sentence, word by word.
//!
//! The JSON form is public: `docs/difference.schema.json`.

use serde::Serialize;

use super::{time::Timestamp, words::words};

/// Version of the JSON form.
pub const SCHEMA_VERSION: u32 = 1;

words! {
    /// What is compared.
    pub enum Unit {
        /// Sentences of the main text.
        Sentence = "sentence",
        /// Lines of the source.
        Line = "line",
    }
}

/// Two copies of a page and all that is another in the second.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The address that was asked for.
    pub url: String,
    /// The earlier copy.
    pub from: Side,
    /// The later copy.
    pub to: Side,
    /// What `parts` are.
    pub unit: Unit,
    /// The title, where it is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Edited>,
    /// Everything, in order.
    pub parts: Vec<Part>,
    /// Addresses that only the later copy links to.
    pub links_added: Vec<LinkedAddress>,
    /// Addresses that only the earlier copy links to.
    pub links_removed: Vec<LinkedAddress>,
}

/// One of the two copies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    /// When it was captured.
    pub captured_at: Timestamp,
    /// Where its redirects ended.
    pub final_url: String,
    /// Its title.
    pub title: String,
    /// SHA-256 of its body, in hexadecimal.
    pub payload_sha256: String,
}

/// A sentence or line of one copy or of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Part {
    /// Stands in both.
    Same {
        /// As it stands there.
        text: String,
    },
    /// Stands in the earlier copy only.
    Removed {
        /// As it stood there.
        text: String,
    },
    /// Stands in the later copy only.
    Added {
        /// As it stands there.
        text: String,
    },
    /// Stands in both, with other words.
    Edited(Edited),
}

/// A piece of text before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edited {
    /// As it read.
    pub before: Vec<Piece>,
    /// As it reads.
    pub after: Vec<Piece>,
}

/// A piece of an edited text, as it is read in one go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inline<'a> {
    /// Stands in both.
    Same(&'a str),
    /// Stood in the earlier copy.
    Removed(&'a str),
    /// Stands in the later copy.
    Added(&'a str),
}

impl Edited {
    /// Both sides in one: what was removed before what stands in its place.
    pub fn inline(&self) -> Vec<Inline<'_>> {
        let (mut before, mut after) = (self.before.iter().peekable(), self.after.iter().peekable());
        let mut found = Vec::new();
        while before.peek().is_some() || after.peek().is_some() {
            found.extend(
                before
                    .next_if(|piece| piece.differs)
                    .map(|piece| Inline::Removed(&piece.text)),
            );
            found.extend(
                after
                    .next_if(|piece| piece.differs)
                    .map(|piece| Inline::Added(&piece.text)),
            );
            // What stays is the same piece on both sides.
            before.next();
            found.extend(after.next().map(|piece| Inline::Same(&piece.text)));
        }
        found
    }
}

/// Words in a row that stand in both or in one only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// The words with the space between them.
    pub text: String,
    /// Whether they stand on this side only.
    pub differs: bool,
}

/// Where a page links to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LinkedAddress {
    /// The address.
    pub url: String,
    /// The words of the first link to it; empty where they are not kept.
    pub anchor: String,
}

/// How many parts are of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// In both, word for word.
    pub same: usize,
    /// In the earlier copy only.
    pub removed: usize,
    /// In the later copy only.
    pub added: usize,
    /// In both, with other words.
    pub edited: usize,
}

impl Difference {
    /// Counts the parts.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for part in &self.parts {
            *match part {
                Part::Same { .. } => &mut counts.same,
                Part::Removed { .. } => &mut counts.removed,
                Part::Added { .. } => &mut counts.added,
                Part::Edited(_) => &mut counts.edited,
            } += 1;
        }
        counts
    }

    /// Whether the two say the same, and link to the same addresses.
    pub fn is_none(&self) -> bool {
        let counts = self.counts();
        counts.removed + counts.added + counts.edited == 0
            && self.title.is_none()
            && self.links_added.is_empty()
            && self.links_removed.is_empty()
    }
}
