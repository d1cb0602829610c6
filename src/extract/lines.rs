//! The main text as it is written: one block a line, white space folded, nothing long twice.
//!
//! Must not choose what is written.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use super::{
    tree::{Tag, Tree},
    words,
};

/// Whether a run of text stands in `<pre>`.
pub fn in_pre(tree: &Tree, at: usize) -> bool {
    let parent = tree.parent(at);
    tree.tag(parent) == Tag::Pre || tree.tag(tree.parent(parent)) == Tag::Pre
}

/// Elements that begin and end a line.
pub fn is_block(tag: Tag) -> bool {
    !matches!(
        tag,
        Tag::Text
            | Tag::A
            | Tag::B
            | Tag::Br
            | Tag::Cite
            | Tag::Code
            | Tag::Del
            | Tag::Em
            | Tag::I
            | Tag::Img
            | Tag::Label
            | Tag::Other
            | Tag::Picture
            | Tag::Small
            | Tag::Source
            | Tag::Span
            | Tag::Strong
            | Tag::Time
            | Tag::Td
            | Tag::Th
            | Tag::Noscript
            | Tag::Map
            | Tag::Area
    )
}

/// Text being written, line by line, white space folded.
#[derive(Default)]
pub struct Lines {
    /// What has been written.
    pub text: String,
    /// The current line has a word already, and white space after it.
    spaced: bool,
    /// Length of the text when the current line began.
    line: usize,
    /// The current line is code, which may well repeat.
    code: bool,
    /// Hashes of the long lines written.
    seen: HashSet<u64>,
}

/// Bytes of a line that is not written twice.
const REPEATED: usize = 60;

fn hash(line: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    line.hash(&mut hasher);
    hasher.finish()
}

impl Lines {
    /// White space between words.
    pub fn space(&mut self) {
        self.spaced = self.text.len() > self.line;
    }

    /// Ends the line. A long one that stood there before is taken out again: the same text for
    /// another size of screen.
    pub fn end_line(&mut self) {
        if self.text.len() > self.line {
            let written = &self.text[self.line..];
            if written.len() >= REPEATED && !self.code && !self.seen.insert(hash(written)) {
                self.text.truncate(self.line);
            } else {
                self.text.push('\n');
                self.line = self.text.len();
            }
        }
        (self.spaced, self.code) = (false, false);
    }

    /// Writes text; with `lines`, its line breaks count.
    pub fn push(&mut self, text: &str, lines: bool) {
        if lines {
            for (nth, line) in text.split('\n').enumerate() {
                if nth > 0 {
                    self.end_line();
                }
                self.push(line, false);
                self.code = true;
            }
            return;
        }
        if text.starts_with(char::is_whitespace) {
            self.space();
        }
        for word in words::split(text) {
            let word = words::shown(word);
            if word.is_empty() {
                continue;
            }
            if self.spaced {
                self.text.push(' ');
            }
            self.text.push_str(&word);
            self.spaced = true;
        }
        self.spaced = self.text.len() > self.line && text.ends_with(char::is_whitespace)
            || self.spaced && text.chars().all(char::is_whitespace);
    }
}
