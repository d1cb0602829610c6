//! Found pages, as people read them in a terminal.

use std::fmt::Write as _;

use super::lines::{Style, clip, clip_end, wrap};
use crate::model::{
    search::{FoundVersion, SearchHit},
    verdict::Class,
};

/// Versions of a page that are told one by one.
const VERSIONS: usize = 4;

/// Three or four lines a page: where, what, in which versions, and the words in their surroundings.
pub fn search(hits: &[SearchHit], style: Style) -> String {
    let mut out = String::new();
    for hit in hits {
        let class = hit.class.filter(|class| *class != Class::Ok);
        let label = class
            .map(|class| format!(" {}", class.as_str().to_uppercase()))
            .unwrap_or_default();
        let address = clip(&hit.url, style.width.saturating_sub(label.len()));
        let painted = class.map(|class| style.paint(class, &label)).unwrap_or_default();
        let _ = writeln!(out, "{}{painted}", style.bold(&address));
        let _ = writeln!(out, "  {}", clip_end(&hit.title, style.width - 2));
        let _ = writeln!(out, "  {}", clip_end(&versions(hit), style.width - 2));
        for line in wrap(&hit.snippet, style.width - 2) {
            let _ = writeln!(out, "  {}", marked(&line, style));
        }
    }
    out
}

fn versions(hit: &SearchHit) -> String {
    let span = |version: &FoundVersion| {
        let (first, last) = (version.first_captured.date(), version.last_captured.date());
        match first == last {
            true => first,
            false => format!("{first} to {last}"),
        }
    };
    let told: Vec<String> = hit.versions.iter().take(VERSIONS).map(span).collect();
    let more = hit.versions.len().saturating_sub(VERSIONS);
    let mut line = match hit.versions.len() {
        1 => told.join(""),
        count => format!("{count} versions: {}", told.join(", ")),
    };
    if more > 0 {
        let _ = write!(line, " and {more} more");
    }
    if !hit.still_there {
        line.push_str("; no longer there");
    }
    line
}

/// What was found stands in brackets, or, where there is colour, in bold instead.
fn marked(line: &str, style: Style) -> String {
    if !style.colour {
        return line.to_owned();
    }
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        match after.split_once(']') {
            Some((found, after)) => {
                out.push_str(&style.bold(found));
                rest = after;
            }
            None => {
                out.push('[');
                rest = after;
            }
        }
    }
    out + rest
}
