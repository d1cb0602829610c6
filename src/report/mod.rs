//! A report into strings. Must not print, query or judge.

mod lines;
mod text;

pub use lines::{Style, printable};
pub use text::{legend, text, totals};

use crate::model::report::Report;

/// The JSON form of a report: one object, indented, newline at the end.
pub fn json(report: &Report) -> String {
    // Every field is a string, a number, a list or a map with string keys: it always serialises.
    let mut out = serde_json::to_string_pretty(report).unwrap_or_default();
    out.push('\n');
    out
}
