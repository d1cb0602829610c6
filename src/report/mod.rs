//! A report into strings. Must not print, query or judge.

mod text;

pub use text::{Style, legend, printable, text, totals};

use crate::model::report::Report;

/// The JSON form: one object, indented, newline at the end.
pub fn json(report: &Report) -> String {
    // Every field is a string, a number, a list or a map with string keys: it always serialises.
    let mut out = serde_json::to_string_pretty(report).unwrap_or_default();
    out.push('\n');
    out
}
