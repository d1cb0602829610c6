//! Plumbing for scripts: one question, or JSON Lines with `--batch`. `compare` has a file of its own.

use std::io::BufRead;

use serde_json::{Value, json};

use super::{
    CLEAN,
    args::{PlumbingArgs, ReportFormat, RobotsArgs, TextArgs},
    context,
    error::CliError,
};
use crate::{
    extract,
    frontier::robots,
    model::{
        canonical::{self, CanonicalUrl},
        page::{Page, PageKind},
        surt,
        url::{self, Url},
    },
    report, source,
};

/// Stands for a page's address where none was given.
const NOWHERE: &str = "http://localhost.invalid/";

pub fn url(args: &PlumbingArgs) -> Result<u8, CliError> {
    let canonical_of = if args.sort_query {
        CanonicalUrl::sorted
    } else {
        CanonicalUrl::of
    };
    if args.batch {
        return batch(|row| {
            let text = string(row, "url")?;
            let surt = surt::surt_text(&text);
            Ok(match canonical::parse(&text) {
                Ok(mut url) => {
                    url::strip(&mut url);
                    json!({"canonical": canonical_of(&url).as_str(), "surt": surt})
                }
                Err(why) => json!({"canonical": null, "error": why, "surt": surt}),
            })
        });
    }
    let mut out = String::new();
    for text in &args.urls {
        let mut url =
            canonical::parse(text).map_err(|why| CliError::usage(why, "write it with http:// or https://"))?;
        url::strip(&mut url);
        out.push_str(&format!("{}\t{}\n", canonical_of(&url).as_str(), surt::surt(&url)));
    }
    context::print(&out)?;
    Ok(CLEAN)
}

pub fn text(args: &TextArgs) -> Result<u8, CliError> {
    if args.batch {
        return batch(|row| {
            let page = extract::read_html(&string(row, "html")?, &address(row.get("url").and_then(Value::as_str)));
            Ok(page_json(&page))
        });
    }
    let page = read_page(args.file.as_deref().unwrap_or("-"), args.url.as_deref())?;
    match args.format {
        ReportFormat::Json => context::print(&format!("{}\n", page_json(&page)))?,
        ReportFormat::Text => context::print(&report::printable(&readable(&page)))?,
    }
    if let Some(lack) = lack(&page) {
        context::note(lack);
    }
    Ok(CLEAN)
}

fn page_json(page: &Page) -> Value {
    json!({
        "text": page.text, "title": page.title, "date": page.published, "lang": page.language,
        "byline": page.byline, "shell": page.shell,
    })
}

/// A page as it is read: title, byline and date, then the text, blocks apart.
fn readable(page: &Page) -> String {
    let mut out = String::with_capacity(page.text.len() + page.text.len() / 20 + 256);
    let about = [page.byline.as_deref(), page.published.as_deref()];
    for line in [
        page.title.clone(),
        about.into_iter().flatten().collect::<Vec<_>>().join(", "),
    ] {
        if !line.is_empty() {
            out.push_str(&line);
            out.push('\n');
        }
    }
    // The title mostly stands at the head of the text, too.
    let text = match page.text.split_once('\n') {
        Some((first, rest)) if first == page.title => rest,
        _ => &page.text,
    };
    if !out.is_empty() && !text.is_empty() {
        out.push('\n');
    }
    out.push_str(text);
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

/// Why there is less text than one would expect.
fn lack(page: &Page) -> Option<&'static str> {
    if page.shell {
        Some("this page is only a shell that a script would fill; scripts are not run")
    } else if page.kind == PageKind::Pdf && page.text.is_empty() {
        Some("this PDF has no text: it is scanned, or locked with a password")
    } else if page.cut {
        Some("this page is too deep or too large to be read whole; its beginning was")
    } else {
        None
    }
}

pub fn robots(args: &RobotsArgs) -> Result<u8, CliError> {
    if args.batch {
        return batch(|row| {
            let encoded = string(row, "robots_base64")?;
            let body = data_encoding::BASE64
                .decode(encoded.as_bytes())
                .map_err(|e| format!("robots_base64 is no base64: {e}"))?;
            let allowed = robots::allowed_text(&body, &string(row, "agent")?, &string(row, "url")?);
            Ok(json!({"allowed": allowed}))
        });
    }
    let body = context::read_input(args.file.as_deref().unwrap_or("-"))?;
    let mut out = String::new();
    for url in &args.urls {
        let word = if robots::allowed_text(&body, &args.agent, url) {
            "allowed"
        } else {
            "disallowed"
        };
        out.push_str(&format!("{word}\t{url}\n"));
    }
    context::print(&out)?;
    Ok(CLEAN)
}

/// Reads a file, or standard input for `-`, as the page at `url`.
pub(super) fn read_page(name: &str, url: Option<&str>) -> Result<Page, CliError> {
    let bytes = context::read_input(name)?;
    let is_pdf = bytes.starts_with(b"%PDF-");
    let label = if name == "-" { "standard input.html" } else { name };
    let (bytes, media_type) = match is_pdf {
        true => (bytes, "application/pdf"),
        false => source::document(label, bytes, None)
            .map(|document| (document.bytes, document.media_type))
            .map_err(|why| CliError::usage(why, "name an HTML, PDF, Markdown or text file"))?,
    };
    let address = address(url);
    let page = extract::read(&extract::Body {
        bytes: &bytes,
        media_type: Some(media_type),
        charset: None,
        url: &address,
        local: true,
        assets: false,
        quotes: false,
        volatile: &[],
    });
    if page.kind == PageKind::Opaque {
        return Err(CliError::usage(
            format!("{name} says that it is a PDF, and has no page that could be read"),
            "name an HTML, PDF, Markdown or text file",
        ));
    }
    Ok(page)
}

/// The address of a page, or one that stands for it.
pub(super) fn address(text: Option<&str>) -> Url {
    let given = text.and_then(|text| canonical::parse(text).ok());
    match (given, Url::parse(NOWHERE)) {
        (Some(url), _) | (None, Ok(url)) => url,
        (None, Err(_)) => unreachable!("a constant address parses"),
    }
}

/// The string of that name in a row.
pub(super) fn string(row: &Value, key: &str) -> Result<String, String> {
    row.get(key)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| format!("{key:?} is missing or no string"))
}

/// Answers each line of standard input with one line; the `id` goes along.
pub(super) fn batch(answer: impl Fn(&Value) -> Result<Value, String>) -> Result<u8, CliError> {
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = input.read_until(b'\n', &mut line);
        if read.map_err(|e| CliError::failed(format!("standard input could not be read: {e}"), ""))? == 0 {
            break;
        }
        let bad = |why: String| {
            CliError::usage(
                format!("line {number} of standard input: {why}"),
                "each line is one JSON object",
            )
        };
        let line = std::str::from_utf8(&line).map_err(|e| bad(e.to_string()))?;
        if line.trim().is_empty() {
            continue;
        }
        let row: Value = serde_json::from_str(line).map_err(|e| bad(e.to_string()))?;
        let mut told = answer(&row).map_err(bad)?;
        told["id"] = row.get("id").cloned().unwrap_or(Value::Null);
        context::print(&format!("{told}\n"))?;
    }
    Ok(CLEAN)
}
