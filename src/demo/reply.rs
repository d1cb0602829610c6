//! From a request to an answer: finds the page, puts it together, and adds what HTTP wants said.
//!
//! Owns templates, character sets and validators. Must not touch a socket, nor hold any text that
//! belongs to a page. A pure function of the request, the year and the number of requests before.

use super::pages::{Answer, PAGES, Page, SITES, Site, Year};
use super::server::{Reply, Request, Response};

/// What stands beside an article and is never twice the same.
const ADS: [&str; 5] = [
    "Oilskins by the metre. The Rope Store, Fish Quay.",
    "Learn the accordion in a winter. Evening classes, Chapel Hill.",
    "Smoked eel, hot on Fridays. Look for the blue door.",
    "Your hull scraped while you wait. Slipway Road.",
    "Lost: one tuba, on the 22.40. Reward.",
];

/// Answers a request as the web of that year would.
pub(super) fn reply(request: &Request, year: Year, served: u64) -> Reply {
    let Some(site) = SITES.iter().find(|site| site.host == request.host && site.exists(year)) else {
        return Reply::Answer(bare(421, year));
    };
    if request.target == "/robots.txt" {
        return Reply::Answer(match site.robots(year) {
            Some(rules) => with_type(200, "text/plain; charset=utf-8", rules.into(), year),
            None => bare(404, year),
        });
    }
    let page = find(site, &request.target);
    let visit = Visit { site, year, served };
    Reply::Answer(match page.map_or(Answer::Missing, |page| page.answer(year)) {
        Answer::Text(text) => visit.found(page, text, &[], request),
        Answer::Edited(text, edits) => visit.found(page, text, edits, request),
        Answer::Status(status, text) => visit.response(status, &visit.document(text, &[])),
        Answer::Unavailable(text) => {
            let mut response = visit.response(503, &visit.document(text, &[]));
            response.headers.push(("Retry-After", "3600".into()));
            response
        }
        Answer::Redirect(status, target) => {
            let mut response = bare(status, year);
            response
                .headers
                .push(("Location", format!("http://{}{target}", site.host)));
            response
        }
        Answer::Missing => {
            let (status, text) = site.missing(year);
            visit.response(status, &visit.document(text, &[]))
        }
        Answer::HangUp => return Reply::HangUp,
    })
}

/// The page at a target: with its query if the table knows one, otherwise without.
fn find(site: &Site, target: &str) -> Option<&'static Page> {
    let at = |wanted: &str| PAGES.iter().find(|page| page.host_and_target() == (site.host, wanted));
    at(target).or_else(|| at(target.split('?').next().unwrap_or(target)))
}

/// Where and when a page is asked for.
struct Visit<'a> {
    site: &'a Site,
    year: Year,
    served: u64,
}

/// A page put together, but not encoded yet.
struct Document {
    html: String,
    /// Holds something that differs in every answer.
    volatile: bool,
}

impl Visit<'_> {
    /// A page that is there: with validators, unless it never rests.
    fn found(&self, page: Option<&Page>, text: &str, edits: &[(&str, &str)], request: &Request) -> Response {
        let document = self.document(text, edits);
        let mut response = self.response(200, &document);
        if document.volatile {
            response.headers.push(("Cache-Control", "no-cache, private".into()));
            return response;
        }
        let tag = format!("\"{:016x}\"", fnv1a(&response.body));
        let as_ever = self.site.template(Year::First) == self.site.template(Year::Second)
            && page.is_some_and(|page| page.answer(Year::First) == page.answer(Year::Second));
        let modified = if as_ever || self.year == Year::First {
            FIRST_EDITION
        } else {
            SECOND_EDITION
        };
        // If-None-Match, where given, makes If-Modified-Since void (RFC 9110, 13.1.3).
        let fresh = match (&request.if_none_match, &request.if_modified_since) {
            (Some(tags), _) => tags
                .split(',')
                .map(str::trim)
                .any(|t| t == "*" || t.trim_start_matches("W/") == tag),
            (None, Some(since)) => since == modified,
            (None, None) => false,
        };
        if fresh {
            response = Response {
                status: 304,
                headers: vec![date(self.year)],
                body: Vec::new(),
            };
        }
        response.headers.push(("ETag", tag));
        response.headers.push(("Last-Modified", modified.into()));
        response
    }

    fn document(&self, text: &str, edits: &[(&str, &str)]) -> Document {
        let text = edited(text, edits);
        let html = if text.starts_with("<!doctype") {
            text
        } else {
            self.site
                .template(self.year)
                .replace("{{title}}", heading(&text))
                .replace("{{body}}", &text)
        };
        let volatile = html.contains("{{");
        Document {
            html: if volatile { self.fill_in(&html) } else { html },
            volatile,
        }
    }

    /// Sets the tokens, advertisements, counters and times of this one answer.
    fn fill_in(&self, html: &str) -> String {
        let (day, views) = match self.year {
            Year::First => ("2025-11-05", 1_204),
            Year::Second => ("2026-11-05", 18_377),
        };
        let seed = fnv1a(format!("{day} {}", self.served).as_bytes());
        let ad = ADS[(seed % ADS.len() as u64) as usize];
        html.replace("{{nonce}}", &format!("{seed:016x}"))
            .replace("{{ad}}", ad)
            .replace("{{views}}", &(views + self.served).to_string())
            .replace(
                "{{stamp}}",
                &format!("{day}T09:{:02}:{:02}Z", self.served / 60 % 60, self.served % 60),
            )
    }

    fn response(&self, status: u16, document: &Document) -> Response {
        if self.site.latin1 {
            with_type(status, "text/html", latin1(&document.html), self.year)
        } else {
            with_type(
                status,
                "text/html; charset=utf-8",
                document.html.clone().into_bytes(),
                self.year,
            )
        }
    }
}

const FIRST_EDITION: &str = "Tue, 14 Oct 2025 08:30:00 GMT";
const SECOND_EDITION: &str = "Tue, 13 Oct 2026 08:30:00 GMT";

/// A text after its edits.
pub(super) fn edited(text: &str, edits: &[(&str, &str)]) -> String {
    edits.iter().fold(text.to_owned(), |text, (old, new)| {
        if old.is_empty() {
            text + new
        } else {
            text.replacen(old, new, 1)
        }
    })
}

/// The first heading, which is the title too.
fn heading(text: &str) -> &str {
    let from = text.find("<h1>").map_or(0, |at| at + "<h1>".len());
    let rest = text.get(from..).unwrap_or_default();
    rest.split("</h1>").next().unwrap_or_default()
}

fn latin1(html: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(html.len());
    for c in html.chars() {
        match u8::try_from(c) {
            Ok(byte) => bytes.push(byte),
            Err(_) => bytes.extend_from_slice(format!("&#{};", u32::from(c)).as_bytes()),
        }
    }
    bytes
}

/// An answer that has a status and nothing to say.
fn bare(status: u16, year: Year) -> Response {
    with_type(
        status,
        "text/plain; charset=utf-8",
        format!("{status}\n").into_bytes(),
        year,
    )
}

fn with_type(status: u16, media_type: &str, body: Vec<u8>, year: Year) -> Response {
    Response {
        status,
        headers: vec![date(year), ("Content-Type", media_type.into())],
        body,
    }
}

fn date(year: Year) -> (&'static str, String) {
    let now = match year {
        Year::First => "Wed, 05 Nov 2025 09:00:00 GMT",
        Year::Second => "Thu, 05 Nov 2026 09:00:00 GMT",
    };
    ("Date", now.into())
}

/// FNV-1a: short and stable across releases, which is all that a tag or a nonce needs here.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
