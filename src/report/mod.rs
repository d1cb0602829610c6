//! Reports and explanations into strings. Must not print, query or judge.

mod bulletin;
mod difference;
mod difference_html;
mod explain;
mod formats;
mod graph;
#[cfg(test)]
mod hostile_tests;
mod html;
mod lines;
mod link_table;
mod patch;
mod plan;
mod report_html;
mod search;
mod stats;
mod survival_chart;
mod text;
mod timeline;
mod verification;

pub use bulletin::bulletin;
pub use difference::{difference, unified};
pub use difference_html::difference_html;
pub use explain::{Shell, explanation};
pub use formats::{cell, csv, github, junit, markdown, prose, sarif};
pub use graph::{dot, graph, graph_csv};
pub use lines::{Style, bytes, printable};
pub use patch::{fixes, patch};
pub use plan::plan;
pub use report_html::{ArchiveName, Differences, report_html};
pub use search::search;
pub use stats::stats;
pub use text::{legend, text, totals};
pub use timeline::timeline;
pub use verification::verification;

/// The JSON form of a report or an explanation: one object, indented, newline at the end.
pub fn json(report: &impl serde::Serialize) -> String {
    // Every field is a string, a number, a list or a map with string keys: it always serialises.
    let mut out = serde_json::to_string_pretty(report).unwrap_or_default();
    out.push('\n');
    out
}
