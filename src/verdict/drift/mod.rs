//! How far a text has drifted from another: scores and a class ([`compare`]), what no score shows
//! ([`changes`]: sentences removed, added and altered), and notices of correction ([`notice`]).
//!
//! Works on title and main text only; owns no history and gives no verdict. Every step is linear or
//! n log n in the length of the texts, whatever they hold.

mod changes;
mod diff;
mod lexicon;
mod notice;
mod sentences;
mod shingles;
mod units;

pub use changes::{Altered, Change, Changes, Piece, changes};
pub use notice::{Notice, notice};
pub(super) use sentences::sentences;
pub use shingles::{compare, hamming, simhash, title_similarity};

/// A text to be compared, with its title.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// Title of the page.
    pub title: &'a str,
    /// Main text: one block a line.
    pub text: &'a str,
}
