//! An explanation as people read it: what is said of a link and why, what was seen, what would change it.

use std::fmt::Write as _;

use super::{
    lines::{Style, clip, printable, wrap},
    text::{address, done, place},
};
use crate::model::{
    explanation::{ExplainedLink, Explanation, LedgerEntry, Visit, Visited},
    report::{LinkReport, SourceChange},
    time::Timestamp,
    verdict::{Access, Class, Transport},
};

/// How the program is called where its commands are to be copied from, such as
/// `evercite --archive notes.db`.
#[derive(Debug, Clone)]
pub struct Shell(String);

impl Shell {
    /// With the archive that it was called with, if any was named.
    pub fn new(archive: Option<&str>) -> Self {
        Self(match archive {
            Some(path) => format!("evercite --archive {}", quoted(path)),
            None => "evercite".into(),
        })
    }

    /// The command that prints the copy of that time.
    pub(super) fn show(&self, url: &str, at: Timestamp) -> String {
        format!("{} show {} --at {at}", self.0, quoted(url))
    }

    /// The command that compares the copy of that time with the newest.
    pub(super) fn diff(&self, url: &str, from: Timestamp) -> String {
        format!("{} diff {} --from {from}", self.0, quoted(url))
    }

    /// The command with these arguments, which are plain words.
    pub(super) fn with(&self, arguments: &str) -> String {
        format!("{} {arguments}", self.0)
    }
}

/// A word that a POSIX shell takes as it is, whatever an address holds.
fn quoted(word: &str) -> String {
    let word = printable(word).replace('\n', "\u{fffd}");
    let plain = |c: char| c.is_ascii_alphanumeric() || "%+-./:=@_".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The whole explanation.
pub fn explanation(explanation: &Explanation, style: Style, shell: &Shell) -> String {
    let mut out = String::new();
    for (position, link) in explanation.links.iter().enumerate() {
        if position > 0 {
            out.push_str("\n\n");
        }
        one(&mut out, link, style, shell);
    }
    for visited in &explanation.addresses {
        visits(&mut out, visited, explanation.addresses.len() > 1, style);
    }
    out
}

fn one(out: &mut String, explained: &ExplainedLink, style: Style, shell: &Shell) {
    let link = &explained.link;
    let _ = writeln!(
        out,
        "{}",
        style.bold(&clip(&address(&link.url, link.fragment.as_deref()), style.width))
    );
    paragraph(out, "", &cited(link), style);
    let _ = writeln!(out);
    verdict(out, link, explained.meaning, style);
    readings(out, link, style);
    section(out, "Evidence", &link.evidence, style);
    held(out, explained, style, shell);
    section(out, "What would change it", &explained.outlook, style);
    ledger(out, &explained.ledger, style);
    let changes: Vec<String> = explained.source.iter().map(|change| in_article(change, link)).collect();
    section(out, "In the article", &changes, style);
    section(out, "The same text also stood at", &explained.copies, style);
}

fn cited(link: &LinkReport) -> String {
    match place(link) {
        Some(place) => format!("cited in {}, {place}", link.article),
        None => format!("cited in {}", link.article),
    }
}

fn verdict(out: &mut String, link: &LinkReport, meaning: &str, style: Style) {
    let class = style.paint(link.class, &link.class.as_str().to_uppercase());
    let _ = writeln!(out, "{class}: {meaning}");
    paragraph(out, "  ", &link.reason, style);
    let mut said = Vec::new();
    if let Some(since) = link.since {
        said.push(format!("since {}", since.minute()));
        if matches!(link.class, Class::Dead | Class::Changed | Class::Replaced) {
            said.push(match link.confirmed {
                true => "confirmed on another day".into(),
                false => "to be confirmed on another day".into(),
            });
        }
    }
    if let Some(at) = link.last_checked {
        said.push(format!("last visited {}", at.minute()));
    }
    if !said.is_empty() {
        paragraph(out, "  ", &said.join(", "), style);
    }
}

fn readings(out: &mut String, link: &LinkReport, style: Style) {
    let (Some(transport), Some(access), Some(resource), Some(content)) =
        (link.transport, link.access, link.resource, link.content)
    else {
        return;
    };
    heading(out, "Readings", style);
    for (name, word) in [
        ("transport", transport.as_str()),
        ("access", access.as_str()),
        ("resource", resource.as_str()),
        ("content", content.as_str()),
    ] {
        let _ = writeln!(out, "  {name:9}  {word}");
    }
    if let Some(scores) = link.scores {
        let said = format!(
            "similarity {:.2}, {:.0}% of the old text still there, titles {:.2}",
            scores.jaccard,
            100.0 * scores.containment,
            scores.title
        );
        paragraph(out, "             ", &said, style);
    }
}

/// What it is held against and the last good copy, with the commands that print them.
fn held(out: &mut String, explained: &ExplainedLink, style: Style, shell: &Shell) {
    let link = &explained.link;
    if matches!(link.class, Class::Skipped) {
        return;
    }
    heading(out, "Held against", style);
    match &link.baseline {
        Some(baseline) => {
            let said = format!(
                "the copy of {}, {}",
                baseline.captured_at.minute(),
                why_chosen(&baseline.chosen)
            );
            paragraph(out, "  ", &said, style);
            copy(
                out,
                &link.url,
                baseline.captured_at,
                explained.baseline_kept,
                style,
                shell,
            );
        }
        None => paragraph(out, "  ", "nothing: no good copy was ever had", style),
    }
    if let Some(good) = link.last_good {
        let baseline = link.baseline.as_ref().map(|baseline| baseline.captured_at);
        if baseline != Some(good) {
            paragraph(out, "  ", &format!("last good answer: {}", good.minute()), style);
            copy(out, &link.url, good, explained.last_good_kept, style, shell);
        }
    }
}

fn why_chosen(chosen: &str) -> &str {
    match chosen {
        "first-good" => "the first good one",
        "nearest-cited-at" => "the one nearest to the day it was cited",
        "pinned" => "which you pinned",
        "accepted" => "which you accepted",
        other => other,
    }
}

/// A command is one line, however long: it is there to be copied.
fn copy(out: &mut String, url: &str, at: Timestamp, kept: bool, style: Style, shell: &Shell) {
    match kept {
        true => {
            let _ = writeln!(out, "    {}", shell.show(url, at));
        }
        false => paragraph(out, "    ", "only its digests are kept", style),
    }
}

fn ledger(out: &mut String, ledger: &[LedgerEntry], style: Style) {
    if ledger.is_empty() {
        return;
    }
    heading(out, "Verdicts", style);
    for entry in ledger {
        let class = style.paint(entry.class, &format!("{:9}", entry.class.as_str()));
        let mut said = format!("{}; since {}", entry.reason, entry.since.date());
        if entry.confirmed {
            said.push_str(", confirmed");
        }
        if entry.strikes > 0 {
            let _ = write!(said, ", strike {}", entry.strikes);
        }
        let _ = write!(said, "; rules {}", entry.rules_version);
        if entry.current {
            said.push_str("; holds");
        }
        // Date and class take 25 columns before the sentence.
        let mut lines = wrap(&said, style.width - 25).into_iter();
        let _ = writeln!(
            out,
            "  {}  {class}  {}",
            entry.visited_at.date(),
            lines.next().unwrap_or_default()
        );
        for line in lines {
            let _ = writeln!(out, "{:25}{line}", "");
        }
    }
}

fn in_article(change: &SourceChange, link: &LinkReport) -> String {
    let (day, said) = (change.at.date(), done(change));
    match change.url == link.url && change.fragment == link.fragment {
        true => format!("{day}: {said}"),
        false => format!("{day}: {}: {said}", address(&change.url, change.fragment.as_deref())),
    }
}

/// Visits in a row that brought the same are one line.
fn visits(out: &mut String, visited: &Visited, named: bool, style: Style) {
    if visited.visits.is_empty() {
        return;
    }
    let title = match named {
        true => format!("Visits of {}", visited.url),
        false => "Visits".into(),
    };
    heading(out, &clip(&title, style.width), style);
    for span in spans(&visited.visits) {
        let (from, to) = (span.first.at.minute(), span.last.at.minute());
        let when = match span.count {
            1 => from,
            n => format!("{from} to {to}, {n} visits"),
        };
        paragraph(out, "  ", &format!("{when}: {}", span.said), style);
    }
}

/// Visits in a row of which the same is to be said.
struct Span<'a> {
    first: &'a Visit,
    last: &'a Visit,
    count: usize,
    said: String,
}

fn spans(visits: &[Visit]) -> Vec<Span<'_>> {
    let mut spans: Vec<Span<'_>> = Vec::new();
    // When each payload was first brought.
    let mut known: std::collections::HashMap<&str, Timestamp> = std::collections::HashMap::new();
    let mut newest: Option<&str> = None;
    for visit in visits {
        let brought = match visit.payload_sha256.as_deref() {
            None => None,
            Some(digest) => {
                let first = *known.entry(digest).or_insert(visit.at);
                let same = newest.replace(digest) == Some(digest);
                Some(match (first == visit.at, same) {
                    (true, _) => format!("new bytes ({})", visit.payload_length.unwrap_or(0)),
                    (false, true) => "the same bytes".to_owned(),
                    (false, false) => format!("the bytes of {} again", first.minute()),
                })
            }
        };
        let said = describe(visit, brought);
        match spans.last_mut() {
            Some(span) if span.said == said => (span.last, span.count) = (visit, span.count + 1),
            _ => spans.push(Span {
                first: visit,
                last: visit,
                count: 1,
                said,
            }),
        }
    }
    spans
}

fn describe(visit: &Visit, brought: Option<String>) -> String {
    let mut parts = Vec::new();
    match (visit.access, visit.transport, visit.status) {
        (Access::Deferred, ..) => parts.push("left for a later run".to_owned()),
        (Access::Open, Transport::Ok, Some(status)) => parts.push(status.to_string()),
        (Access::Open, Transport::Ok, None) => parts.push("read".to_owned()),
        (Access::Open, transport, _) => parts.push(transport.to_string()),
        (access, _, Some(status)) => parts.push(format!("{status} {access}")),
        (access, _, None) => parts.push(access.to_string()),
    }
    parts.extend(brought);
    if let Some(to) = &visit.final_url {
        parts.push(format!("at {to}"));
    }
    parts.extend(visit.detail.clone());
    parts.join(", ")
}

fn heading(out: &mut String, title: &str, style: Style) {
    let _ = writeln!(out, "\n{}", style.bold(title));
}

fn section(out: &mut String, title: &str, sentences: &[String], style: Style) {
    if sentences.is_empty() {
        return;
    }
    heading(out, title, style);
    for sentence in sentences {
        paragraph(out, "  ", sentence, style);
    }
}

fn paragraph(out: &mut String, indent: &str, text: &str, style: Style) {
    for line in wrap(text, style.width - indent.len()) {
        let _ = writeln!(out, "{indent}{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::capture::Revisit;

    #[test]
    fn words_for_a_shell_are_quoted_when_they_need_it() {
        for (word, want) in [
            ("http://a.example/x?y=1", "'http://a.example/x?y=1'"),
            ("http://a.example/x_y-z/%20", "http://a.example/x_y-z/%20"),
            ("it's", r"'it'\''s'"),
            ("$(rm x)`y`", "'$(rm x)`y`'"),
            ("", "''"),
            ("a\u{1b}\nb", "'a\u{fffd}\u{fffd}b'"),
        ] {
            assert_eq!(quoted(word), want, "{word:?}");
        }
    }

    fn visit(minute: i64, status: u16, digest: Option<&str>) -> Visit {
        Visit {
            at: Timestamp::from_millis(minute * 60_000),
            url: "http://a.example/".into(),
            final_url: None,
            status: Some(status),
            transport: Transport::Ok,
            access: Access::Open,
            revisit: digest.map(|_| Revisit::IdenticalPayload),
            payload_sha256: digest.map(str::to_owned),
            payload_length: Some(7),
            detail: None,
        }
    }

    #[test]
    fn visits_that_bring_the_same_are_told_together() {
        let visits = [
            visit(0, 200, Some("a")),
            visit(1, 200, Some("a")),
            visit(2, 200, Some("a")),
            visit(3, 404, None),
            visit(4, 404, None),
            visit(5, 200, Some("b")),
            visit(6, 200, Some("a")),
            visit(7, 200, Some("a")),
        ];
        let told: Vec<(usize, String)> = spans(&visits).into_iter().map(|span| (span.count, span.said)).collect();
        let told: Vec<(usize, &str)> = told.iter().map(|(count, said)| (*count, said.as_str())).collect();
        assert_eq!(
            told,
            [
                (1, "200, new bytes (7)"),
                (2, "200, the same bytes"),
                (2, "404"),
                (1, "200, new bytes (7)"),
                (1, "200, the bytes of 1970-01-01 00:00 again"),
                (1, "200, the same bytes"),
            ]
        );
    }

    #[test]
    fn what_was_not_answered_is_told_by_its_cause() {
        for (access, transport, status, want) in [
            (Access::Open, Transport::Refused, None, "refused"),
            (Access::Forbidden, Transport::Ok, Some(403), "403 forbidden"),
            (Access::RobotsExcluded, Transport::Ok, None, "robots-excluded"),
            (Access::Deferred, Transport::Ok, None, "left for a later run"),
            (Access::Open, Transport::Ok, None, "read"),
        ] {
            let visit = Visit {
                access,
                transport,
                status,
                ..visit(0, 200, None)
            };
            assert_eq!(describe(&visit, None), want);
        }
    }
}
