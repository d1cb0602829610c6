//! The links of a report as tables, one for each article; what changed stands behind each.

use std::fmt::Write as _;

use super::{
    html::{escape, link},
    report_html::{ArchiveName, Differences, badge, list, name},
    text::{address, done, finding, passage, place},
};
use crate::model::{
    difference::{Excerpt, Inline, Part},
    report::{ArticleSummary, LinkReport, Report, SourceChange},
    time::Timestamp,
    verdict::Class,
};

/// Rows at most: a browser has to hold them all.
const ROWS: usize = 2_000;

/// The section's inside, without its heading.
pub(super) fn links(out: &mut String, report: &Report, archive: Option<&ArchiveName>, differences: &Differences) {
    if report.links.is_empty() && report.source_changes.is_empty() {
        let said = match report.new_since {
            Some(since) => format!("Nothing new since {}.", since.minute()),
            None => "No link asks for attention.".into(),
        };
        let _ = writeln!(out, "<p>{said}</p>");
        return;
    }
    controls(out, report);
    // Both stand in the order of their articles.
    let (mut links, mut changes) = (report.links.as_slice(), report.source_changes.as_slice());
    for article in &report.articles {
        let position = report.links.len() - links.len();
        let own = split_off(&mut links, |link| link.article == article.article).len();
        let shown = position..(position + own).min(ROWS.max(position));
        let changes = split_off(&mut changes, |change| change.article == article.article);
        if shown.is_empty() && changes.is_empty() {
            continue;
        }
        if report.articles.len() > 1 {
            heading(out, article);
        }
        if !shown.is_empty() {
            table(out, article, &report.links, shown, archive, differences);
        }
        if !changes.is_empty() {
            source_changes(out, changes, if report.articles.len() > 1 { 4 } else { 3 });
        }
    }
    left_out(out, report, archive, differences);
}

/// Takes from the front as long as it fits.
fn split_off<'a, T>(all: &mut &'a [T], fits: impl Fn(&T) -> bool) -> &'a [T] {
    let end = all.iter().position(|one| !fits(one)).unwrap_or(all.len());
    let (front, rest) = all.split_at(end);
    *all = rest;
    front
}

/// Words to look for and a choice of verdicts: nothing without the script, which shows them.
fn controls(out: &mut String, report: &Report) {
    if report.links.len() < 2 {
        return;
    }
    out.push_str(
        "<form id=\"filter\" class=\"screen\" role=\"search\" aria-label=\"Links\" hidden>\n\
         <label>Only with these words <input type=\"search\" name=\"words\" autocomplete=\"off\"></label>\n\
         <label>Only the verdict <select name=\"verdict\"><option value=\"\">any</option>",
    );
    for class in Class::ALL {
        let count = report
            .links
            .iter()
            .take(ROWS)
            .filter(|link| link.class == *class)
            .count();
        if count > 0 {
            let _ = write!(out, "<option value=\"{class}\">{class} ({count})</option>");
        }
    }
    out.push_str("</select></label>\n<output role=\"status\" class=\"soft\"></output>\n</form>\n");
}

fn heading(out: &mut String, article: &ArticleSummary) {
    let _ = writeln!(out, "<h3>{}</h3>", escape(name(article)));
    if !article.title.is_empty() {
        let named = link(&article.article, &article.article);
        let _ = writeln!(out, "<p class=\"soft\">{named}</p>");
    }
}

fn source_changes(out: &mut String, changes: &[SourceChange], level: u8) {
    let _ = writeln!(out, "<h{level}>Changes in the article ({})</h{level}>", changes.len());
    let item = |change: &SourceChange| {
        let cited = address(&change.url, change.fragment.as_deref());
        format!(
            "<time>{}</time> {}: {}",
            change.at.date(),
            link(&cited, &cited),
            escape(&done(change))
        )
    };
    list(out, changes.iter().map(item));
}

/// Cells say in `data-by` what they are ordered by; roles are spelled out, since a narrow page lays rows out anew.
fn table(
    out: &mut String,
    article: &ArticleSummary,
    links: &[LinkReport],
    shown: std::ops::Range<usize>,
    archive: Option<&ArchiveName>,
    differences: &Differences,
) {
    let cited = article.cited_at.map(|day| format!(", cited {}", day.date()));
    let _ = writeln!(
        out,
        "<table class=\"links\" role=\"table\">\n<caption>{} links of {}{}</caption>\n<thead role=\"rowgroup\">\
         <tr role=\"row\"><th scope=\"col\" role=\"columnheader\" data-sort=\"number\" aria-sort=\"ascending\">Verdict</th>\
         <th scope=\"col\" role=\"columnheader\" data-sort=\"text\">Link</th>\
         <th scope=\"col\" role=\"columnheader\">What became of it</th>\
         <th scope=\"col\" role=\"columnheader\" data-sort=\"text\">Since</th>\
         <th scope=\"col\" role=\"columnheader\" data-sort=\"text\">Good copy</th></tr></thead>\n\
         <tbody role=\"rowgroup\">",
        shown.len(),
        escape(name(article)),
        cited.unwrap_or_default()
    );
    for at in shown {
        row(out, &links[at], archive, differences.excerpts.get(&at));
    }
    out.push_str("</tbody>\n</table>\n");
}

fn row(out: &mut String, said: &LinkReport, archive: Option<&ArchiveName>, excerpt: Option<&Excerpt>) {
    let day = |at: Option<Timestamp>| at.map(Timestamp::date).unwrap_or_default();
    let cited = address(&said.url, said.fragment.as_deref());
    let urgency = Class::ALL
        .iter()
        .position(|class| *class == said.class)
        .unwrap_or_default();
    let _ = write!(
        out,
        "<tr role=\"row\" data-verdict=\"{0}\"><td role=\"cell\" data-by=\"{urgency}\">{1}</td>\
         <th scope=\"row\" role=\"rowheader\" data-by=\"{2}\">",
        said.class,
        badge(said.class),
        escape(&cited)
    );
    let _ = write!(out, "{}", link(&cited, &cited));
    if let Some(place) = place(said) {
        let _ = write!(out, "<p class=\"soft\">{}</p>", escape(&place));
    }
    out.push_str("</th><td role=\"cell\">");
    let _ = write!(out, "<p>{}</p>", became(said));
    for line in said.passages.iter().filter_map(passage) {
        let _ = write!(out, "<p>{}</p>", escape(&line));
    }
    for note in &said.notes {
        let _ = write!(out, "<p>note: {}</p>", escape(note));
    }
    if let Some(excerpt) = excerpt {
        difference(out, said, excerpt, archive);
    }
    let copy = good_copy(said);
    let since = day(said.since.filter(|_| said.class != Class::Ok));
    let _ = write!(
        out,
        "</td><td role=\"cell\" data-label=\"Since\" data-by=\"{since}\">{since}</td>\
         <td role=\"cell\" data-label=\"Good copy\" data-by=\"{0}\">",
        day(copy)
    );
    match (copy, archive) {
        (None, _) if matches!(said.class, Class::Skipped | Class::Unchecked) => {}
        (None, _) => out.push_str("none"),
        (Some(good), Some(archive)) if said.class != Class::Ok => {
            let _ = write!(
                out,
                "<details><summary>{}</summary><code>{}</code></details>",
                good.date(),
                escape(&archive.shell.show(&said.url, good))
            );
        }
        (Some(good), _) => out.push_str(&good.date()),
    }
    out.push_str("</td></tr>\n");
}

/// The sentence of the verdict; where it names the address that the page is at now, that can be followed.
fn became(said: &LinkReport) -> String {
    let sentence = finding(said, "");
    match said
        .moved_to
        .as_deref()
        .and_then(|to| Some((to, sentence.split_once(to)?)))
    {
        Some((to, (before, after))) => format!("{}{}{}", escape(before), link(to, to), escape(after)),
        None => match said.moved_to.as_deref() {
            Some(to) => format!("{}; now at {}", escape(&sentence), link(to, to)),
            None => escape(&sentence),
        },
    }
}

/// When the copy was taken that shows what was cited: of a page with another text now, that is the one it is held
/// against.
fn good_copy(link: &LinkReport) -> Option<Timestamp> {
    match (link.class, &link.baseline) {
        (Class::Changed | Class::Replaced, Some(baseline)) => Some(baseline.captured_at),
        _ => link.last_good,
    }
}

/// What changed, word by word.
fn difference(out: &mut String, said: &LinkReport, excerpt: &Excerpt, archive: Option<&ArchiveName>) {
    let counts = excerpt.counts;
    let _ = write!(
        out,
        "<details class=\"words\"><summary>What changed from {} to {}: {} edited, {} removed, {} added</summary>",
        excerpt.from.date(),
        excerpt.to.date(),
        counts.edited,
        counts.removed,
        counts.added
    );
    for part in &excerpt.parts {
        let said = match part {
            Part::Same { text } => format!("<p class=\"soft\">{}</p>", escape(text)),
            Part::Removed { text } => format!("<p><del>{}</del></p>", escape(text)),
            Part::Added { text } => format!("<p><ins>{}</ins></p>", escape(text)),
            Part::Edited(edited) => {
                let piece = |piece: Inline<'_>| match piece {
                    Inline::Same(text) => escape(text),
                    Inline::Removed(text) => format!("<del>{}</del>", escape(text)),
                    Inline::Added(text) => format!("<ins>{}</ins>", escape(text)),
                };
                format!("<p>{}</p>", edited.inline().into_iter().map(piece).collect::<String>())
            }
        };
        out.push_str(&said);
    }
    let cut = if excerpt.is_cut { "There is more. " } else { "" };
    if let Some(archive) = archive {
        let command = archive.shell.diff(&said.url, excerpt.from);
        let _ = write!(
            out,
            "<p class=\"soft\">{cut}All of it: <code>{}</code></p>",
            escape(&command)
        );
    } else if excerpt.is_cut {
        let _ = write!(out, "<p class=\"soft\">There is more.</p>");
    }
    out.push_str("</details>");
}

/// What has no place here, and where it is to be had.
fn left_out(out: &mut String, report: &Report, archive: Option<&ArchiveName>, differences: &Differences) {
    let command = |arguments: &str| match archive {
        Some(archive) => format!(": <code>{}</code>", escape(&archive.shell.with(arguments))),
        None => String::new(),
    };
    if report.links.len() > ROWS {
        let _ = writeln!(
            out,
            "<p class=\"notice\">{} more links are not shown here, as a browser would labour under them{}</p>",
            report.links.len() - ROWS,
            command("report --format csv")
        );
    }
    if differences.left_out > 0 {
        let _ = writeln!(
            out,
            "<p class=\"notice\">Of {} more changed links it is not shown what changed{}</p>",
            differences.left_out,
            command("diff ADDRESS")
        );
    }
}
