//! A report as a page for a browser: figures first, then every link.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{
    explain::Shell,
    html::{escape, link, page},
    link_table::links,
    survival_chart::{percent, survival_chart},
    text::{certificate, news, outage},
};
use crate::model::{
    difference::Excerpt,
    report::{ArticleSummary, HostRot, Report, Totals},
    verdict::Class,
};

const SCRIPT: &str = include_str!("report.js");

/// The archive that a report tells of.
#[derive(Debug, Clone)]
pub struct ArchiveName {
    /// Its file.
    pub path: String,
    /// How commands name it.
    pub shell: Shell,
}

/// What changed behind the links of a report.
#[derive(Debug, Default)]
pub struct Differences {
    /// By the position of the link in the report.
    pub excerpts: BTreeMap<usize, Excerpt>,
    /// Changed links that were not looked at, since there are so many.
    pub left_out: usize,
}

/// The whole page. Without an archive no command is named: there is nothing that it could be asked of.
pub fn report_html(report: &Report, archive: Option<&ArchiveName>, differences: &Differences) -> String {
    let title = title(report);
    let mut out = String::new();
    header(&mut out, report, &title, archive);
    out.push_str("<main>\n");
    section(&mut out, "summary", "Summary", |out| summary(out, &report.totals));
    section(&mut out, "survival", "How long links last", |out| {
        survival_chart(out, &report.survival);
    });
    section(&mut out, "hosts", "Hosts that lose the most", |out| {
        hosts(out, &report.hosts)
    });
    if !report.certificates.is_empty() {
        section(&mut out, "certificates", "Certificates that end soon", |out| {
            let lines = report.certificates.iter();
            list(out, lines.map(|one| escape(&certificate(one, report.generated_at))));
        });
    }
    section(&mut out, "links", "Links", |out| {
        links(out, report, archive, differences)
    });
    out.push_str("</main>\n");
    page(&title, &out, SCRIPT)
}

fn title(report: &Report) -> String {
    match report.articles.as_slice() {
        [one] => format!("Links of {}", name(one)),
        all => format!("Links of {} articles", all.len()),
    }
}

/// What an article is called.
pub(super) fn name(article: &ArticleSummary) -> &str {
    match article.title.as_str() {
        "" => &article.article,
        title => title,
    }
}

fn section(out: &mut String, id: &str, heading: &str, inside: impl FnOnce(&mut String)) {
    let _ = writeln!(
        out,
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{heading}</h2>"
    );
    inside(out);
    out.push_str("</section>\n");
}

pub(super) fn list(out: &mut String, items: impl Iterator<Item = String>) {
    out.push_str("<ul>\n");
    for item in items {
        let _ = writeln!(out, "<li>{item}</li>");
    }
    out.push_str("</ul>\n");
}

fn header(out: &mut String, report: &Report, title: &str, archive: Option<&ArchiveName>) {
    let _ = writeln!(out, "<header>\n<h1>{}</h1>", escape(title));
    if let [one] = report.articles.as_slice() {
        let _ = writeln!(out, "<p>{}</p>", link(&one.article, &one.article));
    }
    let mut said = vec![format!(
        "{} links checked of {} cited",
        report.totals.checked, report.totals.links
    )];
    if let Some(run) = &report.last_run {
        said.push(format!("last run: {} of {}", run.kind, run.started_at.minute()));
    }
    if let Some(archive) = archive {
        said.push(format!("archive: {}", archive.path));
    }
    said.push(format!(
        "made {} UTC by evercite {}",
        report.generated_at.minute(),
        env!("CARGO_PKG_VERSION")
    ));
    let _ = writeln!(out, "<p class=\"soft\">{}</p>", escape(&said.join(" \u{b7} ")));
    for notice in [outage(report), news(report)].into_iter().flatten() {
        let _ = writeln!(out, "<p class=\"notice\">{}</p>", escape(notice.trim_end_matches(':')));
    }
    out.push_str("</header>\n");
}

fn summary(out: &mut String, totals: &Totals) {
    bar(out, totals);
    let _ = writeln!(
        out,
        "<table class=\"wide\">\n<caption>Shares are of the {} links that were checked. Skipped, excluded and unchecked \
         links are in no denominator.</caption>\n<thead><tr><th scope=\"col\">Verdict</th><th scope=\"col\">What it \
         means</th><th scope=\"col\" class=\"number\">Links</th><th scope=\"col\" class=\"number\">Share</th></tr>\
         </thead>\n<tbody>",
        totals.checked
    );
    for (class, count) in counted(totals) {
        let share = match class.is_checked() && totals.checked > 0 {
            true => percent(count as f64 / totals.checked as f64),
            false => "not counted".into(),
        };
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"number\">{count}</td><td class=\"number\">{share}</td></tr>",
            badge(class),
            class.meaning()
        );
    }
    let _ = writeln!(
        out,
        "</tbody>\n<tfoot><tr><th scope=\"row\" colspan=\"2\">All</th><td class=\"number\">{}</td>\
         <td class=\"number\">{} checked</td></tr></tfoot>\n</table>",
        totals.links, totals.checked
    );
    let lost: u64 = counted(totals)
        .filter(|(class, _)| class.is_lost())
        .map(|(_, count)| count)
        .sum();
    if lost > 0 {
        let _ = writeln!(
            out,
            "<p><strong>{} of the {lost} lost</strong> (dead or replaced) have a good copy in the archive.</p>",
            totals.saved
        );
    }
    if totals.removed > 0 {
        let _ = writeln!(
            out,
            "<p>{} more are no longer in their article, and in none of these figures.</p>",
            totals.removed
        );
    }
    let _ = writeln!(out, "<p class=\"soft\">Counted: {}.</p>", escape(totals.definition));
}

/// Classes that occur, the most urgent first.
fn counted(totals: &Totals) -> impl Iterator<Item = (Class, u64)> + '_ {
    let count = |class: &Class| totals.by_class.get(class.as_str()).map(|count| (*class, *count));
    Class::ALL.iter().filter_map(count)
}

/// A class as it is shown everywhere: the word, with a mark whose form tells it apart without colour.
pub(super) fn badge(class: Class) -> String {
    format!("<span class=\"verdict {0}\">{class}</span>", tone(class))
}

pub(super) fn tone(class: Class) -> &'static str {
    match class {
        Class::Dead | Class::Replaced => "bad",
        Class::Changed | Class::Moved | Class::Suspect => "warn",
        Class::Blocked | Class::Excluded | Class::Skipped | Class::Unchecked => "none",
        Class::Ok => "good",
    }
}

/// The shares as one bar. The table says the same, so it is for eyes only.
fn bar(out: &mut String, totals: &Totals) {
    if totals.checked == 0 {
        return;
    }
    out.push_str("<div class=\"bar\" aria-hidden=\"true\">");
    for (class, count) in counted(totals).filter(|(class, _)| class.is_checked()) {
        let share = count as f64 / totals.checked as f64;
        let label = if share < 0.07 {
            String::new()
        } else {
            format!("{class} {}", percent(share))
        };
        let _ = write!(
            out,
            "<span class=\"{}\" style=\"flex-grow:{count}\">{label}</span>",
            tone(class)
        );
    }
    out.push_str("</div>\n");
}

fn hosts(out: &mut String, hosts: &[HostRot]) {
    if hosts.is_empty() {
        out.push_str("<p>No host with at least three checked links has lost one.</p>\n");
        return;
    }
    out.push_str(
        "<table class=\"wide\">\n<caption>Hosts with at least three checked links of which some are lost (dead or \
         replaced), at most twenty. Ordered by the share that is lost at least, so that few links weigh less than many: \
         the lower end of Wilson\u{2019}s 95% interval (1927).</caption>\n<thead><tr><th scope=\"col\">Host</th>\
         <th scope=\"col\" class=\"number\">Lost</th><th scope=\"col\" class=\"number\">Share</th>\
         <th scope=\"col\" class=\"number\">At least</th></tr></thead>\n<tbody>\n",
    );
    for host in hosts {
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"number\">{} of {}</td><td class=\"number\">{}</td>\
             <td class=\"number\">{}</td></tr>",
            escape(&host.host),
            host.lost,
            host.links,
            percent(host.lost as f64 / host.links as f64),
            percent(host.at_least)
        );
    }
    out.push_str("</tbody>\n</table>\n");
}
