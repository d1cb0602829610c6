//! The report for other programs: spreadsheets, issues and pull requests, and the boxes in which continuous
//! integration shows what it found. What pages and authors wrote is foreign here: each format has its own way to
//! keep it from being read as something else.

use serde_json::{Value, json};

use super::{
    lines::{Style, printable},
    text::{address, totals},
};
use crate::model::{
    report::{LinkReport, PlaceInArticle, Report},
    verdict::Class,
};

/// How much a class asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
    Note,
}

fn level(class: Class) -> Level {
    match class {
        Class::Dead | Class::Replaced => Level::Error,
        Class::Changed | Class::Moved | Class::Suspect => Level::Warning,
        Class::Blocked | Class::Excluded | Class::Skipped | Class::Ok | Class::Unchecked => Level::Note,
    }
}

/// One line, without what steers.
pub(super) fn line(text: &str) -> String {
    printable(text).replace('\n', " ")
}

/// What is wrong, and since when.
fn message(link: &LinkReport) -> String {
    let mut said = line(&link.reason);
    if let Some(since) = link.since.filter(|_| link.class != Class::Ok) {
        said.push_str(&format!("; since {}", since.date()));
    }
    if let Some(to) = &link.moved_to {
        said.push_str(&format!("; now at {}", line(to)));
    }
    said
}

fn first_place(link: &LinkReport) -> Option<&PlaceInArticle> {
    link.places.iter().find(|place| place.line.is_some())
}

/// Foreign text as a cell of a spreadsheet: what would be taken for a formula begins with an apostrophe.
pub fn cell(text: &str) -> String {
    let text = printable(text);
    match text.trim_start().chars().next() {
        Some('=' | '+' | '-' | '@') => format!("'{text}"),
        _ => text,
    }
}

/// Comma-separated values after RFC 4180, with a header: one row for each link.
pub fn csv(report: &Report) -> String {
    let cell = |text: &str| cell(&line(text));
    let time = |at: Option<crate::model::time::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let mut out = csv::Writer::from_writer(Vec::new());
    let header = [
        "article",
        "url",
        "class",
        "status",
        "reason",
        "since",
        "confirmed",
        "final_url",
        "moved_to",
        "state",
        "first_seen",
        "last_checked",
        "last_good",
        "baseline",
        "anchor",
        "line",
        "column",
    ];
    // Writing to memory does not fail, and every row has as many cells.
    let _ = out.write_record(header);
    for link in &report.links {
        let place = first_place(link);
        let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
        let _ = out.write_record([
            cell(&link.article),
            cell(&address(&link.url, link.fragment.as_deref())),
            link.class.as_str().to_owned(),
            link.status.map(|status| status.to_string()).unwrap_or_default(),
            cell(&link.reason),
            time(link.since),
            link.confirmed.to_string(),
            cell(link.final_url.as_deref().unwrap_or_default()),
            cell(link.moved_to.as_deref().unwrap_or_default()),
            cell(&link.state),
            time(Some(link.first_seen)),
            time(link.last_checked),
            time(link.last_good),
            time(link.baseline.as_ref().map(|baseline| baseline.captured_at)),
            cell(&link.anchor),
            number(place.and_then(|place| place.line)),
            number(place.and_then(|place| place.column)),
        ]);
    }
    String::from_utf8(out.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// Markdown for an issue or a comment: the sums, then a list for each class of each article.
pub fn markdown(report: &Report) -> String {
    let unbroken = Style {
        width: usize::MAX,
        colour: false,
    };
    let mut out = format!("{}\n", prose(totals(&report.totals, unbroken).trim_end()));
    for article in &report.articles {
        let of_article = || report.links.iter().filter(|link| link.article == article.article);
        if of_article().next().is_none() {
            continue;
        }
        let title = if article.title.is_empty() {
            &article.article
        } else {
            &article.title
        };
        out.push_str(&format!("\n## {}\n\n{}\n", prose(title), code(&article.article)));
        for class in Class::ALL {
            let links: Vec<&LinkReport> = of_article().filter(|link| link.class == *class).collect();
            if links.is_empty() {
                continue;
            }
            out.push_str(&format!("\n### {class} ({})\n\n", links.len()));
            for link in links {
                let place = first_place(link).and_then(|place| place.line);
                let place = place.map(|line| format!(" (line {line})")).unwrap_or_default();
                out.push_str(&format!(
                    "- {}{place}: {}\n",
                    code(&address(&link.url, link.fragment.as_deref())),
                    prose(&message(link))
                ));
            }
        }
    }
    out
}

/// A code span (CommonMark 6.1): nothing in it is markup, a mention or a reference. Its fence is longer than any run
/// of backticks inside.
fn code(text: &str) -> String {
    let text = line(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let gap = if text.starts_with('`') || text.ends_with('`') || text.is_empty() {
        " "
    } else {
        ""
    };
    format!("{fence}{gap}{text}{gap}{fence}")
}

/// Text in which no punctuation is markup (CommonMark 2.4), and nobody is mentioned.
pub fn prose(text: &str) -> String {
    let mut out = String::new();
    for c in line(text).chars() {
        match c {
            '@' => out.push_str("@<!-- -->"),
            // Ordinary prose has these, and between words they mean nothing.
            ',' | '.' | ';' | ':' | '(' | ')' | '\'' | '"' | '%' | '?' | '/' => out.push(c),
            c if c.is_ascii_punctuation() => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    // The beginning of a line could be a list, as in "1. ".
    let digits = out.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 && out[digits..].starts_with(['.', ')']) {
        out.insert(digits, '\\');
    }
    out
}

/// JUnit XML: a suite for each article, a test case for each link, failed when it is dead, replaced or changed,
/// skipped when nothing is known of it.
pub fn junit(report: &Report) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"evercite\">\n");
    for article in &report.articles {
        let links: Vec<&LinkReport> = report
            .links
            .iter()
            .filter(|link| link.article == article.article)
            .collect();
        let count = |wanted: fn(Class) -> bool| links.iter().filter(|link| wanted(link.class)).count();
        out.push_str(&format!(
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">\n",
            xml(&article.article),
            links.len(),
            count(fails),
            count(is_unknown)
        ));
        for link in &links {
            let name = xml(&address(&link.url, link.fragment.as_deref()));
            out.push_str(&format!(
                "    <testcase classname=\"{}\" name=\"{name}\">",
                xml(&article.article)
            ));
            let said = xml(&message(link));
            if fails(link.class) {
                out.push_str(&format!("<failure type=\"{}\" message=\"{said}\"/>", link.class));
            } else if is_unknown(link.class) {
                out.push_str(&format!("<skipped message=\"{said}\"/>"));
            }
            out.push_str("</testcase>\n");
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn fails(class: Class) -> bool {
    matches!(class, Class::Dead | Class::Replaced | Class::Changed)
}

fn is_unknown(class: Class) -> bool {
    matches!(
        class,
        Class::Blocked | Class::Excluded | Class::Skipped | Class::Unchecked
    )
}

/// Characters of XML 1.0 as text or attribute value; those it has no place for are replaced.
fn xml(text: &str) -> String {
    let mut out = String::new();
    for c in line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// SARIF 2.1.0 (OASIS): a rule for each class, a result for each link that is listed, with file, line and column of
/// links in local sources.
pub fn sarif(report: &Report) -> String {
    let rules: Vec<Value> = Class::ALL
        .iter()
        .map(|class| json!({ "id": class.as_str(), "shortDescription": { "text": class.meaning() } }))
        .collect();
    let results: Vec<Value> = report
        .links
        .iter()
        .map(|link| {
            let mut place = json!({ "artifactLocation": { "uri": uri(&link.article) } });
            if let Some(at) = first_place(link) {
                place["region"] = json!({ "startLine": at.line, "startColumn": at.column });
            }
            json!({
                "ruleId": link.class.as_str(),
                "level": match level(link.class) {
                    Level::Error => "error",
                    Level::Warning => "warning",
                    Level::Note => "note",
                },
                "message": {
                    "text": format!("{}: {}", line(&address(&link.url, link.fragment.as_deref())), message(link)),
                },
                "locations": [{ "physicalLocation": place }],
            })
        })
        .collect();
    super::json(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "evercite",
                    "version": env!("CARGO_PKG_VERSION"),
                    "rules": rules,
                },
            },
            "results": results,
        }],
    }))
}

/// An article as a URI reference: an address as it is, a path with what is not allowed in one escaped (RFC 3986).
fn uri(article: &str) -> String {
    if crate::model::url::Url::parse(article).is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "urn")) {
        return line(article);
    }
    let mut out = String::new();
    for byte in article.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Workflow commands of GitHub Actions: an annotation for each link that asks for something.
pub fn github(report: &Report) -> String {
    let mut out = String::new();
    for link in &report.links {
        let command = match level(link.class) {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => continue,
        };
        let place = first_place(link);
        let mut properties = vec![format!("title={}", property(&format!("{} link", link.class)))];
        if let Some(at) = place {
            properties.insert(0, format!("file={}", property(&link.article)));
            properties.extend(at.line.map(|line| format!("line={line}")));
            properties.extend(at.column.map(|column| format!("col={column}")));
        }
        let said = format!(
            "{}: {}",
            line(&address(&link.url, link.fragment.as_deref())),
            message(link)
        );
        out.push_str(&format!("::{command} {}::{}\n", properties.join(","), data(&said)));
    }
    out
}

fn data(text: &str) -> String {
    line(text).replace('%', "%25").replace('\r', "%0D")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
#[path = "formats_tests.rs"]
mod tests;
