//! A difference as a page: the two copies side by side.

use std::fmt::Write as _;

use super::html::{escape, link, page};
use crate::model::difference::{Difference, Edited, LinkedAddress, Part, Piece, Side};

/// Parts that stay which are shown around each that does not; the others open on demand.
const CONTEXT: usize = 2;

/// The whole page.
pub fn difference_html(difference: &Difference) -> String {
    let counts = difference.counts();
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<header>\n<h1>What changed at {}</h1>\n<p>{} edited, {} removed, {} added, {} as before. \
         {} links added, {} removed.</p>\n</header>\n<main>",
        link(&difference.url, &difference.url),
        counts.edited,
        counts.removed,
        counts.added,
        counts.same,
        difference.links_added.len(),
        difference.links_removed.len(),
    );
    out.push_str("<table class=\"sides\">\n<thead>\n<tr>");
    for side in [&difference.from, &difference.to] {
        let _ = write!(out, "<th scope=\"col\">{}</th>", heading(side, &difference.url));
    }
    out.push_str("</tr>\n</thead>\n<tbody>\n");
    if let Some(title) = &difference.title {
        edited(&mut out, title);
    }
    parts(&mut out, &difference.parts);
    out.push_str("</tbody>\n</table>\n");
    links(&mut out, "Links added", &difference.links_added);
    links(&mut out, "Links removed", &difference.links_removed);
    out.push_str("</main>\n");
    page(&format!("What changed at {}", difference.url), &out, "")
}

fn heading(side: &Side, asked: &str) -> String {
    let mut heading = format!("<time>{}</time><br>{}", side.captured_at, escape(&side.title));
    if side.final_url != asked {
        let _ = write!(heading, "<br>redirected to {}", link(&side.final_url, &side.final_url));
    }
    heading
}

fn parts(out: &mut String, parts: &[Part]) {
    let differs = |part: &Part| !matches!(part, Part::Same { .. });
    let near = |at: usize| {
        let around = at.saturating_sub(CONTEXT)..(at + CONTEXT + 1).min(parts.len());
        parts[around].iter().any(differs)
    };
    let mut at = 0;
    while at < parts.len() {
        if near(at) {
            part(out, &parts[at]);
            at += 1;
            continue;
        }
        let end = (at..parts.len()).find(|at| near(*at)).unwrap_or(parts.len());
        let _ = write!(
            out,
            "<tr class=\"same\"><td colspan=\"2\"><details><summary>{} as before</summary>",
            end - at
        );
        for part in &parts[at..end] {
            if let Part::Same { text } = part {
                let _ = write!(out, "<p>{}</p>", escape(text));
            }
        }
        out.push_str("</details></td></tr>\n");
        at = end;
    }
}

fn part(out: &mut String, part: &Part) {
    let _ = match part {
        Part::Same { text } => {
            let text = escape(text);
            writeln!(out, "<tr class=\"same\"><td>{text}</td><td>{text}</td></tr>")
        }
        Part::Removed { text } => writeln!(
            out,
            "<tr><td><del>{}</del></td><td class=\"empty\"></td></tr>",
            escape(text)
        ),
        Part::Added { text } => writeln!(
            out,
            "<tr><td class=\"empty\"></td><td><ins>{}</ins></td></tr>",
            escape(text)
        ),
        Part::Edited(both) => {
            edited(out, both);
            Ok(())
        }
    };
}

fn edited(out: &mut String, Edited { before, after }: &Edited) {
    let _ = writeln!(
        out,
        "<tr><td>{}</td><td>{}</td></tr>",
        pieces(before, "del"),
        pieces(after, "ins")
    );
}

fn pieces(pieces: &[Piece], tag: &str) -> String {
    let piece = |Piece { text, differs }: &Piece| match differs {
        true => format!("<{tag}>{}</{tag}>", escape(text)),
        false => escape(text),
    };
    pieces.iter().map(piece).collect()
}

fn links(out: &mut String, heading: &str, links: &[LinkedAddress]) {
    if links.is_empty() {
        return;
    }
    let _ = writeln!(out, "<h2>{heading} ({})</h2>\n<ul>", links.len());
    for one in links {
        let _ = write!(out, "<li>{}", link(&one.url, &one.url));
        if !one.anchor.trim().is_empty() {
            let _ = write!(out, " <span class=\"soft\">{}</span>", escape(&one.anchor));
        }
        out.push_str("</li>\n");
    }
    out.push_str("</ul>\n");
}
