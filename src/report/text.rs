//! The report as people read it: classes in the order of urgency, two or three lines a link, fitting
//! the width of a terminal, and as clear without colour as with it.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{
    difference::excerpt,
    lines::{Style, clip, clip_end, printable, wrap, wrap_whole},
};
use crate::model::{
    difference::Excerpt,
    passage::{Fate, Hold, Passage},
    report::{CertificateEnd, LinkReport, Report, SourceChange, Totals},
    revision::SourceEvent,
    time::Timestamp,
    verdict::Class,
};

/// The whole report.
pub fn text(report: &Report, style: Style) -> String {
    let mut out = String::new();
    for line in [outage(report), news(report)].into_iter().flatten() {
        let _ = writeln!(out, "{line}\n");
    }
    if tells_nothing(report) {
        out.push_str(&totals(&report.totals, style));
        return out;
    }
    let terminal = Layout {
        style,
        differences: None,
    };
    articles(&mut out, report, terminal);
    certificates(&mut out, report, style);
    out.push_str(&totals(&report.totals, style));
    out
}

/// How links are told of.
#[derive(Clone, Copy)]
pub(super) struct Layout<'a> {
    pub style: Style,
    /// In a message: what changed behind links, by their place in the report. Addresses are whole there, to be
    /// followed; in a terminal they fit the line.
    pub differences: Option<&'a BTreeMap<usize, Excerpt>>,
}

impl Layout<'_> {
    fn address(self, url: &str, fragment: Option<&str>) -> String {
        let address = address(url, fragment);
        match self.differences {
            Some(_) => printable(&address),
            None => clip(&address, self.style.width - 2),
        }
    }

    fn wrap(self, text: &str) -> Vec<String> {
        let width = self.style.width - 4;
        match self.differences {
            Some(_) => wrap_whole(text, width),
            None => wrap(text, width),
        }
    }

    fn difference(self, position: usize) -> Option<String> {
        Some(excerpt(self.differences?.get(&position)?, self.style))
    }
}

/// What there is to tell of each article: its links by class, and what was done to them.
pub(super) fn articles(out: &mut String, report: &Report, layout: Layout<'_>) {
    let style = layout.style;
    for article in &report.articles {
        let links: Vec<(usize, &LinkReport)> = report
            .links
            .iter()
            .enumerate()
            .filter(|(_, link)| link.article == article.article)
            .collect();
        let changes: Vec<&SourceChange> = report
            .source_changes
            .iter()
            .filter(|change| change.article == article.article)
            .collect();
        if links.is_empty() && changes.is_empty() && report.articles.len() > 1 {
            continue;
        }
        if !article.title.is_empty() {
            let _ = writeln!(out, "{}", style.bold(&clip_end(&article.title, style.width)));
        }
        let _ = writeln!(out, "{}", clip(&article.article, style.width));
        if let Some(day) = article.cited_at {
            let _ = writeln!(out, "cited {}", day.date());
        }
        for class in Class::ALL {
            group(out, *class, &links, layout);
        }
        source_changes(out, &changes, layout);
        let _ = writeln!(out);
    }
}

/// That a run gave no verdicts, where that is to be told.
pub(super) fn outage(report: &Report) -> Option<String> {
    let run = report.last_run.as_ref().filter(|run| run.outage)?;
    let is_news = report.new_since.is_none_or(|since| run.started_at > since);
    is_news.then(|| {
        format!(
            "The {} of {} found most hosts unreachable: that is our own outage, and no verdict was given.",
            run.kind,
            run.started_at.minute()
        )
    })
}

/// Since when what is told is new, of a report that tells only that.
pub(super) fn news(report: &Report) -> Option<String> {
    let since = report.new_since?.minute();
    Some(match tells_nothing(report) {
        true => format!("Nothing new since {since}."),
        false => format!("New since {since}:"),
    })
}

/// Whether it was asked for news and has none.
fn tells_nothing(report: &Report) -> bool {
    report.new_since.is_some()
        && report.links.is_empty()
        && report.source_changes.is_empty()
        && report.certificates.is_empty()
}

pub(super) fn certificates(out: &mut String, report: &Report, style: Style) {
    for one in &report.certificates {
        let _ = writeln!(out, "{}", clip_end(&certificate(one, report.generated_at), style.width));
    }
    if !report.certificates.is_empty() {
        let _ = writeln!(out);
    }
}

pub(super) fn certificate(one: &CertificateEnd, now: Timestamp) -> String {
    let verb = if one.ends < now { "ended" } else { "ends" };
    let links = if one.links == 1 { "link" } else { "links" };
    format!(
        "the certificate of {} {verb} {} ({} {links})",
        one.host,
        one.ends.date(),
        one.links
    )
}

fn group(out: &mut String, class: Class, links: &[(usize, &LinkReport)], layout: Layout<'_>) {
    let count = links.iter().filter(|(_, link)| link.class == class).count();
    if count == 0 {
        return;
    }
    let _ = writeln!(
        out,
        "\n{}",
        layout
            .style
            .paint(class, &format!("{} ({count})", class.as_str().to_uppercase()))
    );
    for (position, link) in links.iter().filter(|(_, link)| link.class == class) {
        one(out, link, layout);
        out.extend(layout.difference(*position));
    }
}

fn one(out: &mut String, link: &LinkReport, layout: Layout<'_>) {
    let style = layout.style;
    let _ = writeln!(out, "  {}", layout.address(&link.url, link.fragment.as_deref()));
    for line in layout.wrap(&sentence(link)) {
        let _ = writeln!(out, "    {line}");
    }
    for said in link.passages.iter().filter_map(passage) {
        for line in layout.wrap(&said) {
            let _ = writeln!(out, "    {line}");
        }
    }
    for note in &link.notes {
        for line in layout.wrap(&format!("note: {note}")) {
            let _ = writeln!(out, "    {line}");
        }
    }
    if let Some(where_it_stands) = place(link) {
        let _ = writeln!(out, "    {}", clip_end(&where_it_stands, style.width - 4));
    }
    if let Some(held) = held(link) {
        let _ = writeln!(out, "    {}", clip(&held, style.width - 4));
    }
}

/// What was done to the links of one article.
fn source_changes(out: &mut String, changes: &[&SourceChange], layout: Layout<'_>) {
    let style = layout.style;
    let Some(first) = changes.first() else { return };
    let at_once = changes.iter().all(|change| change.since == first.since);
    let since = match first.since.filter(|_| at_once) {
        Some(since) => format!(" SINCE {}", since.date()),
        None => String::new(),
    };
    let _ = writeln!(
        out,
        "\n{}",
        style.bold(&format!("CHANGES IN THE ARTICLE{since} ({})", changes.len()))
    );
    for change in changes {
        let _ = writeln!(out, "  {}", layout.address(&change.url, change.fragment.as_deref()));
        let day = match at_once {
            true => String::new(),
            false => format!("{}: ", change.at.date()),
        };
        for line in layout.wrap(&format!("{day}{}", done(change))) {
            let _ = writeln!(out, "    {line}");
        }
    }
}

/// What was done to a link, as a sentence whose subject is its address.
pub(super) fn done(change: &SourceChange) -> String {
    let words = |anchor: &Option<String>| match anchor.as_deref() {
        None | Some("") => "without words".to_owned(),
        Some(anchor) => format!("\u{201c}{anchor}\u{201d}"),
    };
    let (before, after) = (words(&change.anchor_before), words(&change.anchor_after));
    let mut said = match change.what {
        SourceEvent::Retargeted => {
            let now = change.now_url.as_deref().unwrap_or_default();
            let now = address(now, change.now_fragment.as_deref());
            format!("the link {before} leads to {now} instead")
        }
        SourceEvent::Removed => format!("no longer cited; it was {before}"),
        SourceEvent::AnchorChanged => format!("now cited as {after}; it was {before}"),
        SourceEvent::Added => format!("newly cited as {after}"),
        SourceEvent::Restored => format!("cited again, as {after}"),
    };
    if matches!(change.what, SourceEvent::Retargeted | SourceEvent::Removed)
        && !matches!(change.class, Class::Ok | Class::Unchecked)
    {
        let _ = write!(said, "; its verdict was {}", change.class);
    }
    said
}

/// An address as it is cited.
pub(super) fn address(url: &str, fragment: Option<&str>) -> String {
    match fragment {
        Some(fragment) => format!("{url}#{fragment}"),
        None => url.to_owned(),
    }
}

fn sentence(link: &LinkReport) -> String {
    let since = link.since.filter(|_| !matches!(link.class, Class::Ok));
    finding(
        link,
        &since.map_or_else(String::new, |since| format!("; since {}", since.date())),
    )
}

/// What was found, and how certain it is.
pub(super) fn finding(link: &LinkReport, since: &str) -> String {
    let mut sentence = link.reason.clone();
    if let Some(scores) = link
        .scores
        .filter(|_| matches!(link.class, Class::Changed | Class::Replaced))
    {
        let _ = write!(sentence, " (similarity {:.2})", scores.jaccard);
    }
    sentence.push_str(since);
    if matches!(link.class, Class::Dead | Class::Changed | Class::Replaced) && !link.confirmed {
        sentence.push_str(", to be confirmed on another day");
    }
    match (&link.retargeted_to, link.state.as_str()) {
        (Some(to), _) => {
            let _ = write!(sentence, "; in the article the link leads to {to} now");
        }
        (None, "present") => {}
        (None, _) => sentence.push_str("; no longer in the article"),
    }
    sentence
}

/// What became of what the article holds on to, where that is worth a line.
pub(super) fn passage(passage: &Passage) -> Option<String> {
    let what = clip_end(&passage.what, 80);
    let last = match passage.last_seen {
        Some(at) => format!(", last seen {}", at.date()),
        None => String::new(),
    };
    match (passage.hold, passage.fate) {
        (Hold::Quote, Fate::Missing) => Some(format!("quoted words gone: \u{201c}{what}\u{201d}{last}")),
        (Hold::Quote, Fate::Near) => Some(format!("quoted words altered: \u{201c}{what}\u{201d}")),
        (Hold::Fragment, Fate::Missing) => Some(format!("no place #{what} on the page{last}")),
        _ => None,
    }
}

pub(super) fn place(link: &LinkReport) -> Option<String> {
    let anchor = match link.anchor.as_str() {
        "" => None,
        anchor => Some(format!("\u{201c}{anchor}\u{201d}")),
    };
    let first = link.places.first();
    let line = first.and_then(|place| Some(format!("line {}:{}", place.line?, place.column?)));
    // A line number says more than a heading.
    let section = first
        .filter(|_| line.is_none())
        .and_then(|place| place.section.as_deref())
        .filter(|section| !section.is_empty())
        .map(|section| format!("under {}", clip_end(section, 40)));
    let more = match link.places.len() {
        0 | 1 => None,
        n => Some(format!("{n} times")),
    };
    let parts: Vec<String> = [line, more, section, anchor].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn held(link: &LinkReport) -> Option<String> {
    if matches!(link.class, Class::Skipped | Class::Unchecked) {
        return None;
    }
    Some(match (&link.baseline, link.last_good) {
        (Some(baseline), Some(good)) if baseline.captured_at.date() != good.date() => format!(
            "held against {} ({}), last good copy {}",
            baseline.captured_at.date(),
            baseline.chosen,
            good.date()
        ),
        (Some(baseline), _) => format!(
            "held against the copy of {} ({})",
            baseline.captured_at.date(),
            baseline.chosen
        ),
        (None, _) => "no copy in the archive".into(),
    })
}

/// One line of counts, and what is counted.
pub fn totals(totals: &Totals, style: Style) -> String {
    let share = |count: u64| match totals.checked {
        0 => String::new(),
        checked => format!(" ({:.0}%)", 100.0 * count as f64 / checked as f64),
    };
    let counts: Vec<String> = Class::ALL
        .iter()
        .filter_map(|class| {
            let count = *totals.by_class.get(class.as_str())?;
            let share = if class.is_checked() {
                share(count)
            } else {
                String::new()
            };
            Some(format!("{count} {class}{share}"))
        })
        .collect();
    let plural = if totals.links == 1 { "link" } else { "links" };
    let mut line = format!("{} {plural}", totals.links);
    if !counts.is_empty() {
        line = format!("{line}: {}.", counts.join(", "));
    }
    if totals.checked < totals.links {
        line.push_str(&format!(" Shares are of the {} checked.", totals.checked));
    }
    if totals.removed > 0 {
        line.push_str(&format!(" {} more no longer in their article.", totals.removed));
    }
    if totals.saved > 0 {
        line.push_str(&format!(" {} of those lost have a good copy here.", totals.saved));
    }
    let mut out = wrap(&line, style.width).join("\n");
    out.push('\n');
    out
}

/// What each class means, and how links are counted.
pub fn legend(totals: &Totals, style: Style) -> String {
    let mut out = String::new();
    for class in Class::ALL
        .iter()
        .filter(|class| totals.by_class.contains_key(class.as_str()))
    {
        let _ = writeln!(
            out,
            "  {} {}",
            style.paint(*class, &format!("{:9}", class.as_str())),
            class.meaning()
        );
    }
    for line in wrap(&format!("Counted: {}.", totals.definition), style.width - 2) {
        let _ = writeln!(out, "  {line}");
    }
    out
}
