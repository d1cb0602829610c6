//! A difference as people read it in a terminal, and as `patch` and reviewers know it.

use std::fmt::Write as _;

use super::lines::{Style, clip, clip_end, printable, wrap};
use crate::model::difference::{Difference, Edited, Excerpt, Inline, LinkedAddress, Part, Piece, Side, Unit};

/// Parts that stay which are shown around each that does not.
const CONTEXT: usize = 1;
/// The same, in a unified diff: as `diff -u` has it.
const UNIFIED_CONTEXT: usize = 3;

/// How a piece of text is set.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Plain,
    Removed,
    Added,
}

/// What differs, with a little of what stays around it, and the sums.
pub fn difference(difference: &Difference, style: Style) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}", style.bold(&clip(&difference.url, style.width)));
    for (sign, side) in [("-", &difference.from), ("+", &difference.to)] {
        let _ = writeln!(
            out,
            "  {sign} {}",
            clip_end(&heading(side, &difference.url), style.width - 4)
        );
    }
    if let Some(title) = &difference.title {
        let _ = writeln!(out);
        paragraph(&mut out, "~ ", &inline(title), style);
    }
    parts(&mut out, difference, style);
    for (heading, sign, mark, links) in [
        ("LINKS ADDED", "+ ", Mark::Added, &difference.links_added),
        ("LINKS REMOVED", "- ", Mark::Removed, &difference.links_removed),
    ] {
        if !links.is_empty() {
            let _ = writeln!(out, "\n{} ({})", style.bold(heading), links.len());
        }
        for link in links {
            paragraph(&mut out, sign, &[(mark, linked(link))], style);
        }
    }
    let _ = writeln!(out);
    for line in wrap(&sums(difference), style.width) {
        let _ = writeln!(out, "{line}");
    }
    out
}

/// What changed, with - before what a page said and + before what it says; indented to stand below its link.
pub(super) fn excerpt(excerpt: &Excerpt, style: Style) -> String {
    let style = Style {
        width: style.width.saturating_sub(2),
        ..style
    };
    let whole = |pieces: &[Piece]| pieces.iter().map(|piece| piece.text.as_str()).collect::<String>();
    let mut out = String::new();
    for part in &excerpt.parts {
        match part {
            Part::Same { text } => paragraph(&mut out, "  ", &[(Mark::Plain, text.clone())], style),
            Part::Removed { text } => paragraph(&mut out, "- ", &[(Mark::Removed, text.clone())], style),
            Part::Added { text } => paragraph(&mut out, "+ ", &[(Mark::Added, text.clone())], style),
            Part::Edited(edited) => {
                paragraph(&mut out, "- ", &[(Mark::Removed, whole(&edited.before))], style);
                paragraph(&mut out, "+ ", &[(Mark::Added, whole(&edited.after))], style);
            }
        }
    }
    if excerpt.is_cut {
        let _ = writeln!(out, "    …");
    }
    out.lines().map(|line| format!("  {line}\n")).collect()
}

fn heading(side: &Side, asked: &str) -> String {
    let mut heading = format!("{}  {}", side.captured_at, side.title);
    if side.final_url != asked {
        let _ = write!(heading, "  (redirected to {})", side.final_url);
    }
    heading
}

fn linked(link: &LinkedAddress) -> String {
    match link.anchor.trim() {
        "" => link.url.clone(),
        anchor => format!("{} ({anchor})", link.url),
    }
}

fn parts(out: &mut String, difference: &Difference, style: Style) {
    let differs = |part: &Part| !matches!(part, Part::Same { .. });
    let parts = &difference.parts;
    let near = |at: usize| {
        let around = at.saturating_sub(CONTEXT)..(at + CONTEXT + 1).min(parts.len());
        parts[around].iter().any(differs)
    };
    if parts.iter().any(differs) {
        let _ = writeln!(out);
    }
    let mut skipped = 0;
    for (at, part) in parts.iter().enumerate() {
        if !near(at) {
            skipped += 1;
            continue;
        }
        gap(out, &mut skipped, difference.unit);
        match part {
            Part::Same { text } => paragraph(out, "  ", &[(Mark::Plain, text.clone())], style),
            Part::Removed { text } => paragraph(out, "- ", &[(Mark::Removed, text.clone())], style),
            Part::Added { text } => paragraph(out, "+ ", &[(Mark::Added, text.clone())], style),
            Part::Edited(edited) => paragraph(out, "~ ", &inline(edited), style),
        }
    }
    if skipped < parts.len() {
        gap(out, &mut skipped, difference.unit);
    }
}

fn gap(out: &mut String, skipped: &mut usize, unit: Unit) {
    if *skipped > 0 {
        let _ = writeln!(out, "    … {}", counted(*skipped, unit));
        *skipped = 0;
    }
}

fn counted(count: usize, unit: Unit) -> String {
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

fn inline(edited: &Edited) -> Vec<(Mark, String)> {
    let piece = |piece: Inline<'_>| match piece {
        Inline::Same(text) => (Mark::Plain, text.to_owned()),
        Inline::Removed(text) => (Mark::Removed, text.to_owned()),
        Inline::Added(text) => (Mark::Added, text.to_owned()),
    };
    edited.inline().into_iter().map(piece).collect()
}

/// Pieces broken into lines at spaces, with a sign before the first. Without colour what was removed stands in `[- -]`
/// and what was added in `{+ +}`, where not the whole paragraph is.
fn paragraph(out: &mut String, sign: &str, pieces: &[(Mark, String)], style: Style) {
    let marked = pieces.len() > 1 && !style.colour;
    let mut line = format!("  {sign}");
    let mut columns = 4;
    for (mark, text) in pieces {
        let (open, close) = match mark {
            Mark::Removed if marked => ("[-", "-]"),
            Mark::Added if marked => ("{+", "+}"),
            _ => ("", ""),
        };
        let text = format!("{open}{}{close}", printable(&text.replace('\n', " ")));
        for word in text.split_inclusive(' ') {
            let length = word.trim_end().chars().count();
            if columns > 4 && columns + length > style.width {
                let _ = writeln!(out, "{}", line.trim_end());
                (line, columns) = ("    ".into(), 4);
            }
            line.push_str(&dress(style, *mark, word));
            columns += word.chars().count();
        }
    }
    let _ = writeln!(out, "{}", line.trim_end());
}

fn dress(style: Style, mark: Mark, text: &str) -> String {
    let colour = match mark {
        Mark::Plain => return text.to_owned(),
        Mark::Removed => anstyle::AnsiColor::Red.on_default().strikethrough(),
        Mark::Added => anstyle::AnsiColor::Green.on_default(),
    };
    // The space after a word is not struck through.
    let word = text.trim_end_matches(' ');
    format!("{}{}", style.dress(colour, word), &text[word.len()..])
}

fn sums(difference: &Difference) -> String {
    if difference.is_none() {
        return match difference.from == difference.to {
            true => "There is one good copy only: nothing to compare it with.".into(),
            false => "Nothing differs.".into(),
        };
    }
    let counts = difference.counts();
    let links = |links: &[LinkedAddress], what| match links.len() {
        1 => format!("1 link {what}"),
        count => format!("{count} links {what}"),
    };
    format!(
        "{} edited, {} removed, {} added, {} as before; {}, {}",
        counted(counts.edited, difference.unit),
        counts.removed,
        counts.added,
        counts.same,
        links(&difference.links_added, "added"),
        links(&difference.links_removed, "removed"),
    )
}

/// A unified diff: a line for each sentence or line, an edited one as removed and added.
pub fn unified(difference: &Difference) -> String {
    let lines: Vec<(char, String)> = difference
        .parts
        .iter()
        .flat_map(|part| match part {
            Part::Same { text } => vec![(' ', one_line(text))],
            Part::Removed { text } => vec![('-', one_line(text))],
            Part::Added { text } => vec![('+', one_line(text))],
            Part::Edited(edited) => {
                let side = |pieces: &[Piece]| -> String { pieces.iter().map(|piece| piece.text.as_str()).collect() };
                vec![
                    ('-', one_line(&side(&edited.before))),
                    ('+', one_line(&side(&edited.after))),
                ]
            }
        })
        .collect();
    let mut out = String::new();
    for (sign, side) in [("---", &difference.from), ("+++", &difference.to)] {
        let _ = writeln!(out, "{sign} {}\t{}", one_line(&side.final_url), side.captured_at);
    }
    let mut at = 0;
    while let Some(first) = (at..lines.len()).find(|at| lines[*at].0 != ' ') {
        let start = first.saturating_sub(UNIFIED_CONTEXT).max(at);
        let mut end = first;
        // The next difference belongs to the hunk if their contexts meet.
        while let Some(next) = (end..lines.len().min(end + 2 * UNIFIED_CONTEXT + 1)).find(|at| lines[*at].0 != ' ') {
            end = next + 1;
        }
        at = (end + UNIFIED_CONTEXT).min(lines.len());
        hunk(&mut out, &lines, start..at);
    }
    out
}

fn hunk(out: &mut String, lines: &[(char, String)], range: std::ops::Range<usize>) {
    let count = |range: std::ops::Range<usize>, other: char| lines[range].iter().filter(|line| line.0 != other).count();
    let side = |other: char| {
        let (before, here) = (count(0..range.start, other), count(range.clone(), other));
        // An empty range is named by the line before it.
        format!("{},{here}", if here == 0 { before } else { before + 1 })
    };
    let _ = writeln!(out, "@@ -{} +{} @@", side('+'), side('-'));
    for (sign, text) in &lines[range] {
        let _ = writeln!(out, "{sign}{text}");
    }
}

fn one_line(text: &str) -> String {
    printable(text).replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::time::Timestamp,
        verdict::difference::{edited, parts},
    };

    const PLAIN: Style = Style {
        width: 60,
        colour: false,
    };

    fn of(before: &str, after: &str) -> Difference {
        let side = |day: &str, title: &str| Side {
            captured_at: Timestamp::parse(day).unwrap(),
            final_url: "https://example.org/a".into(),
            title: title.into(),
            payload_sha256: day.into(),
        };
        Difference {
            schema_version: 1,
            url: "https://example.org/a".into(),
            from: side("2016-02-05", "Then"),
            to: side("2026-11-20", "Now"),
            unit: Unit::Sentence,
            title: edited("Then", "Now"),
            parts: parts(before, after, Unit::Sentence),
            links_added: vec![LinkedAddress {
                url: "https://example.org/new".into(),
                anchor: "the new one".into(),
            }],
            links_removed: Vec::new(),
        }
    }

    #[test]
    fn what_differs_stands_in_its_surroundings() {
        let told = difference(
            &of(
                "A one. B two. Profits rose by 10 percent. D four. E five. F six.",
                "A one. B two. Profits rose by 4 percent. D four. E five. F six. G seven.",
            ),
            PLAIN,
        );
        assert_eq!(
            told,
            "https://example.org/a
  - 2016-02-05T00:00:00Z  Then
  + 2026-11-20T00:00:00Z  Now

  ~ [-Then-]{+Now+}

    … 1 sentence
    B two.
  ~ Profits rose by [-10-]{+4+} percent.
    D four.
    … 1 sentence
    F six.
  + G seven.

LINKS ADDED (1)
  + https://example.org/new (the new one)

1 sentence edited, 0 removed, 1 added, 5 as before; 1 link
added, 0 links removed
"
        );
    }

    #[test]
    fn a_unified_diff_counts_its_lines() {
        let told = unified(&of(
            "A.\nB.\nC.\nD.\nE.\nF.\nG.\nH.\nI.\nJ.\nK.\nL.\nM.\nN.",
            "A.\nB.\nC.\nD.\nEs.\nF.\nG.\nH.\nI.\nJ.\nK.\nL.\nM.",
        ));
        assert_eq!(
            told,
            "--- https://example.org/a\t2016-02-05T00:00:00Z
+++ https://example.org/a\t2026-11-20T00:00:00Z
@@ -2,7 +2,7 @@
 B.
 C.
 D.
-E.
+Es.
 F.
 G.
 H.
@@ -11,4 +11,3 @@
 K.
 L.
 M.
-N.
"
        );
    }

    #[test]
    fn long_paragraphs_fit_and_nothing_steers_the_terminal() {
        let long = "word ".repeat(60);
        let told = difference(&of("", &format!("{long}\u{1b}[2J\u{202e}end.")), PLAIN);
        assert!(told.lines().all(|line| line.chars().count() <= 60), "{told}");
        assert!(!told.contains('\u{1b}') && !told.contains('\u{202e}'), "{told}");
        let coloured = difference(&of("Old.", "New."), Style { colour: true, ..PLAIN });
        assert!(
            coloured.contains("\u{1b}[31m") || coloured.contains("\u{1b}[9m"),
            "{coloured:?}"
        );
    }
}
