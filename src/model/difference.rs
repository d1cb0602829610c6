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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
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

impl Counts {
    fn of(parts: &[Part]) -> Self {
        let mut counts = Counts::default();
        for part in parts {
            *match part {
                Part::Same { .. } => &mut counts.same,
                Part::Removed { .. } => &mut counts.removed,
                Part::Added { .. } => &mut counts.added,
                Part::Edited(_) => &mut counts.edited,
            } += 1;
        }
        counts
    }
}

/// As much of a difference as has its place beside others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// When the earlier copy was captured.
    pub from: Timestamp,
    /// When the later copy was.
    pub to: Timestamp,
    /// All parts there are.
    pub counts: Counts,
    /// What differs, in order, each with the end of what stands before it and the beginning of what comes after.
    pub parts: Vec<Part>,
    /// Whether something that differs was left out.
    pub is_cut: bool,
}

/// Characters of what stays the same that are kept on either side of what does not.
const AROUND: usize = 90;

impl Excerpt {
    /// Keeps parts as long as their texts have no more than so many bytes together.
    pub fn of(from: Timestamp, to: Timestamp, parts: &[Part], bytes: usize) -> Self {
        let differs = |at: Option<usize>| {
            at.and_then(|at| parts.get(at))
                .is_some_and(|part| !matches!(part, Part::Same { .. }))
        };
        let mut excerpt = Self {
            from,
            to,
            counts: Counts::of(parts),
            parts: Vec::new(),
            is_cut: false,
        };
        let mut left = bytes;
        for (at, part) in parts.iter().enumerate() {
            let part = match part {
                Part::Same { text } => match (differs(at.checked_sub(1)), differs(Some(at + 1))) {
                    (false, false) => continue,
                    (after, before) => Part::Same {
                        text: around(text, after, before),
                    },
                },
                Part::Edited(edited) => Part::Edited(Edited {
                    before: shortened(&edited.before),
                    after: shortened(&edited.after),
                }),
                part => part.clone(),
            };
            match left.checked_sub(size(&part)) {
                Some(rest) => left = rest,
                None => {
                    excerpt.is_cut = true;
                    break;
                }
            }
            excerpt.parts.push(part);
        }
        excerpt
    }

    /// Bytes of text in it.
    pub fn bytes(&self) -> usize {
        self.parts.iter().map(size).sum()
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.counts.removed + self.counts.added + self.counts.edited == 0
    }
}

fn size(part: &Part) -> usize {
    match part {
        Part::Same { text } | Part::Removed { text } | Part::Added { text } => text.len(),
        Part::Edited(Edited { before, after }) => before.iter().chain(after).map(|piece| piece.text.len()).sum(),
    }
}

fn shortened(pieces: &[Piece]) -> Vec<Piece> {
    let last = pieces.len().saturating_sub(1);
    let piece = |(at, piece): (usize, &Piece)| Piece {
        text: match piece.differs {
            true => piece.text.clone(),
            false => around(&piece.text, at > 0, at < last),
        },
        differs: piece.differs,
    };
    pieces.iter().enumerate().map(piece).collect()
}

/// The beginning of a text, where it stands after something that differs, and its end, where it stands before.
fn around(text: &str, after: bool, before: bool) -> String {
    let head_end = text.char_indices().nth(AROUND).map(|(at, _)| at);
    let tail_start = text.char_indices().rev().nth(AROUND - 1).map(|(at, _)| at);
    match (head_end, tail_start, after, before) {
        (Some(end), Some(start), true, true) if end < start => format!("{} \u{2026} {}", &text[..end], &text[start..]),
        (Some(end), _, true, false) => format!("{} \u{2026}", &text[..end]),
        (Some(_), Some(start), false, true) => format!("\u{2026} {}", &text[start..]),
        _ => text.to_owned(),
    }
}

impl Difference {
    /// Counts the parts.
    pub fn counts(&self) -> Counts {
        Counts::of(&self.parts)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn same(text: &str) -> Part {
        Part::Same { text: text.into() }
    }

    fn removed(text: &str) -> Part {
        Part::Removed { text: text.into() }
    }

    #[test]
    fn an_excerpt_keeps_what_differs_and_its_neighbours() {
        let (long, at) = ("x".repeat(300), Timestamp::default());
        let x = |n: usize| "x".repeat(n);
        for (parts, bytes, want, is_cut) in [
            (vec![same("a"), same("b")], 100, vec![], false),
            (
                vec![same("a"), same("b"), removed("c"), same("d"), same("e")],
                100,
                vec![same("b"), removed("c"), same("d")],
                false,
            ),
            (
                vec![same(&long), removed("c"), same(&long), removed("d"), same(&long)],
                1000,
                vec![
                    same(&format!("… {}", x(90))),
                    removed("c"),
                    same(&format!("{} … {}", x(90), x(90))),
                    removed("d"),
                    same(&format!("{} …", x(90))),
                ],
                false,
            ),
            (vec![removed("ab"), removed("cd")], 3, vec![removed("ab")], true),
            (vec![removed(&long)], 10, vec![], true),
        ] {
            let excerpt = Excerpt::of(at, at, &parts, bytes);
            assert_eq!((excerpt.parts, excerpt.is_cut), (want, is_cut));
            assert_eq!(excerpt.counts, Counts::of(&parts));
        }
    }
}
