//! Edges of the graph: what a version of a page points at.

use super::{
    url::{RawHref, Skip, Target},
    words::words,
};

words! {
    /// What a link is for.
    pub enum Role {
        /// `<a>`, `<area>`, a Markdown link, an address in text: something to read.
        Cite = "cite",
        /// An image, video, audio, frame or object shown inside the page.
        Embed = "embed",
        /// Style sheet, script, icon, font: what the page needs to look as it did.
        Resource = "resource",
    }
}

words! {
    /// Where on the page a link stands.
    pub enum Place {
        /// Inside the main text.
        Main = "main",
        /// Navigation, header, footer, aside and everything else around the main text.
        Around = "around",
    }
}

impl Role {
    /// The integer of the archive's `link.role`.
    pub const fn code(self) -> i64 {
        self as i64
    }
}

impl Place {
    /// The integer of the archive's `link.place`.
    pub const fn code(self) -> i64 {
        self as i64
    }

    /// The place of that integer.
    pub const fn of_code(code: i64) -> Self {
        if code == Self::Main.code() {
            Self::Main
        } else {
            Self::Around
        }
    }
}

/// Where in a local source a link was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First byte of the link's whole markup.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// One occurrence of a link in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// As the document wrote it.
    pub raw: RawHref,
    /// Where it leads, or why it is not followed.
    pub target: Result<Target, Skip>,
    /// The words the reader sees, white space folded, at most [`Link::ANCHOR_MAX`] characters.
    pub anchor: String,
    /// The `rel` attribute, lower case, white space folded.
    pub rel: String,
    /// What it is for.
    pub role: Role,
    /// Where on the page it stands.
    pub place: Place,
    /// Where in the source it stands, when the source is a local text.
    pub span: Option<Span>,
    /// The heading it stands under, if any.
    pub section: Option<String>,
    /// What the document quotes beside it, and so probably from it: at most [`Link::QUOTES_MAX`], the
    /// nearest first, white space folded, without quotation marks, at most [`Link::QUOTE_MAX`] characters
    /// each. Only looked for in articles.
    pub quotes: Vec<String>,
}

impl Link {
    /// Longest anchor text kept, in characters.
    pub const ANCHOR_MAX: usize = 300;
    /// Most quotations kept of one link.
    pub const QUOTES_MAX: usize = 4;
    /// Longest quotation kept, in characters; of a longer one, its beginning.
    pub const QUOTE_MAX: usize = 1_000;

    /// Whether the archive gives it a row on pages other than articles. Links around the main text, and
    /// what a page needs to look right, are packed instead.
    pub fn has_row(&self) -> bool {
        self.place == Place::Main && self.role == Role::Cite && self.target.is_ok()
    }
}
