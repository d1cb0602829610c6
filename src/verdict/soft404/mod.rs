//! Pages that answer 200 and are not there: "not found" pages, and whatever a host shows for any address.
//!
//! Nothing is decided by one sign. A sign of the first rank is something the host did: it shows the same
//! for addresses that do not exist, sends many addresses to one place, or shows another page than it did.
//! A sign of the second rank is what the page says of itself. Two signs are needed, one of them of the
//! first rank: pages *about* missing pages use the same words, and thin pages look alike.

mod phrases;

use super::{drift, tokens};
use crate::model::{
    facts::{CitationFacts, Inspection},
    sketch::{ErrorPage, Shown, Sign, Sketch},
    url::Url,
};

/// Texts this alike are one text with another address in it.
const SAME_TEXT: f64 = 0.9;
/// Built this alike.
const SAME_BUILD: f64 = 0.9;
/// Fewer elements than these are built alike on many sites.
const BUILD_MIN: usize = 6;
/// Addresses that come to the same from so many on.
const MANY: u64 = 3;
/// Less in common than this with our copy, and it is another page.
const OTHER_TEXT: f64 = 0.1;
const OTHER_SHARE: f64 = 0.3;
const OTHER_TITLE: f64 = 0.34;
/// A text of more words is no apology. In scripts without spaces a character is a word.
const THIN: usize = 160;

/// Whether a sign is of the first rank.
fn is_strong(sign: Sign) -> bool {
    !matches!(sign, Sign::Phrase | Sign::Unlisted)
}

/// A sign, and what was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Which.
    pub sign: Sign,
    /// In words.
    pub says: String,
}

/// Whether what was seen is enough.
pub fn is_not_there(seen: &[Seen]) -> bool {
    seen.len() >= 2 && seen.iter().any(|seen| is_strong(seen.sign))
}

/// What was seen, when that a page leads to the home page is the only sign of the first rank.
pub fn only_to_root(seen: &[Seen]) -> Option<&str> {
    let mut strong = seen.iter().filter(|seen| is_strong(seen.sign));
    let only = strong.next().filter(|seen| seen.sign == Sign::ToRoot)?;
    strong.next().is_none().then_some(only.says.as_str())
}

/// Every sign there is to see.
pub fn look(facts: &CitationFacts, inspection: &Inspection) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut add = |sign, says: Option<String>| seen.extend(says.map(|says| Seen { sign, says }));
    let Some(cited) = Url::parse(&facts.url).ok().filter(|url| !is_root(url)) else {
        return Vec::new();
    };
    let end = facts.chain.hops.last().map_or("", |hop| hop.url.as_str());
    if let Some(sketch) = &inspection.sketch {
        let (honest, probed): (Vec<_>, Vec<_>) = inspection.errors.iter().partition(|error| error.is_honest());
        add(
            Sign::LikeErrorPage,
            honest.into_iter().find_map(|error| like_error_page(sketch, end, error)),
        );
        let alike: Vec<_> = probed
            .iter()
            .filter(|error| says_the_same(sketch, end, facts, error))
            .collect();
        let built = || probed.iter().find(|error| is_built_alike(sketch, facts, error));
        add(
            Sign::LikeProbe,
            alike.first().copied().or_else(built).map(|error| made_up(error)),
        );
        add(
            Sign::LikeEveryProbe,
            alike.get(1).map(|error| format!("and so does {}", error.url)),
        );
        add(Sign::Named, named(sketch, end, &cited));
        let thin = words(&sketch.text) <= THIN / 4;
        let unlisted = "hardly any text, and it asks search engines to leave it out";
        add(Sign::Unlisted, (thin && sketch.noindex).then(|| unlisted.to_owned()));
        add(Sign::Phrase, said(sketch));
    }
    add(Sign::ToRoot, to_root(&cited, end));
    add(Sign::Collapse, collapse(inspection));
    add(Sign::Replaced, replaced(facts, inspection));
    let canonical = facts.chain.page.as_ref().and_then(|page| page.canonical.as_deref());
    add(
        Sign::RootCanonical,
        canonical
            .filter(|_| to_root(&cited, end).is_none())
            .and_then(|canonical| Url::parse(canonical).ok())
            .filter(is_root)
            .map(|root| format!("the page declares {root} as its own address")),
    );
    seen
}

fn like_error_page(sketch: &Sketch, end: &str, error: &ErrorPage) -> Option<String> {
    let other = error.sketch.as_ref()?;
    let text = text_likeness((sketch, end), (other, &error.final_url));
    let build = build_likeness(sketch, other);
    let status = error.status.unwrap_or_default();
    if text >= SAME_TEXT {
        Some(format!("its text is that of {}, which answers {status}", error.url))
    } else if build >= SAME_BUILD && is_as_thin(sketch, other) {
        Some(format!("it is built as {} is, which answers {status}", error.url))
    } else {
        None
    }
}

/// Whether an address that we made up brings the same. Where the cited one redirects and ours does not,
/// or the other way round, the host tells them apart.
fn says_the_same(sketch: &Sketch, end: &str, facts: &CitationFacts, error: &ErrorPage) -> bool {
    if error.shown != Shown::Probe || error.redirects != facts.chain.hops.len() - 1 {
        return false;
    }
    let same_end = error.redirects > 0 && error.final_url == end;
    let text = |other| text_likeness((sketch, end), (other, &error.final_url));
    same_end || error.sketch.as_ref().is_some_and(|other| text(other) >= SAME_TEXT)
}

/// Hardly any text, and built the same: around an apology advertisements may change.
fn is_built_alike(sketch: &Sketch, facts: &CitationFacts, error: &ErrorPage) -> bool {
    let alike = |other: &Sketch| is_as_thin(sketch, other) && build_likeness(sketch, other) >= SAME_BUILD;
    error.shown == Shown::Probe
        && error.redirects == facts.chain.hops.len() - 1
        && error.sketch.as_ref().is_some_and(alike)
}

fn made_up(error: &ErrorPage) -> String {
    format!("{}, an address made up by us, answers with the same page", error.url)
}

/// Shingle similarity of main texts, without the addresses that many error pages repeat. Pages without text
/// say nothing of each other.
fn text_likeness(a: (&Sketch, &str), b: (&Sketch, &str)) -> f64 {
    let (a_text, b_text) = (without_address(&a.0.text, a.1), without_address(&b.0.text, b.1));
    if a_text.trim().is_empty() || b_text.trim().is_empty() {
        return 0.0;
    }
    let side = |title, text| drift::Side { title, text };
    let (_, scores) = drift::compare(side(&a.0.title, &a_text), side(&b.0.title, &b_text));
    scores.jaccard
}

/// A text without the address it was asked for under: whole, its path, or the end of that.
fn without_address(text: &str, url: &str) -> String {
    let Ok(asked) = Url::parse(url) else {
        return text.to_owned();
    };
    let path = asked.path();
    let end = path.trim_end_matches('/').rsplit('/').next().unwrap_or("");
    let target = match asked.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut left = text.to_owned();
    for part in [url, target.as_str(), path, end] {
        if part.len() > 3 {
            left = left.replace(part, " ");
        }
    }
    left
}

fn build_likeness(a: &Sketch, b: &Sketch) -> f64 {
    if a.skeleton.len().min(b.skeleton.len()) < BUILD_MIN {
        return 0.0;
    }
    let common = tokens::common(&a.skeleton, &b.skeleton);
    common as f64 / (a.skeleton.len() + b.skeleton.len() - common) as f64
}

/// Whether a page has about as little text as an error page of its host: built alike, a page with much more to
/// say is a page.
fn is_as_thin(sketch: &Sketch, error: &Sketch) -> bool {
    let (own, other) = (words(&sketch.text), words(&error.text));
    is_thin(sketch) && other > 0 && own <= 2 * other + 25
}

/// Whether there is so little text that it may be nothing but an apology.
fn is_thin(sketch: &Sketch) -> bool {
    words(&sketch.text) <= THIN
}

/// How many words a text has, as far as that matters here.
fn words(text: &str) -> usize {
    tokens::tokens(text).take(4 * THIN).count()
}

/// The phrase that title or headings use, or the first words of a text that is short enough to be nothing
/// but an apology.
fn said(sketch: &Sketch) -> Option<String> {
    let thin = is_thin(sketch);
    let heads = sketch.headings.join("\n");
    let first = if thin { sketch.text.as_str() } else { "" };
    let phrase = phrases::phrase(&sketch.title)
        .or_else(|| phrases::phrase(&heads))
        .or_else(|| phrases::opening(first))?;
    Some(format!("it says {phrase:?}"))
}

/// Whether a title alone, or a text too short for anything else, gives reason to look closer.
pub fn speaks_of_it(title: &str, text: Option<&str>) -> bool {
    let short = text.filter(|text| words(text) <= THIN);
    phrases::phrase(title).is_some() || short.is_some_and(|text| phrases::opening(text).is_some())
}

fn named(sketch: &Sketch, end: &str, cited: &Url) -> Option<String> {
    let by_class = sketch
        .error_mark
        .as_ref()
        .map(|name| format!("the page names itself {name:?}"));
    by_class.or_else(|| {
        let ended = Url::parse(end).ok().filter(|url| url != cited)?;
        is_error_path(ended.path()).then(|| format!("it ended at {ended}"))
    })
}

/// Whether a path is that of an error page.
pub(super) fn is_error_path(path: &str) -> bool {
    let names = [
        "404",
        "notfound",
        "not-found",
        "not_found",
        "pagenotfound",
        "page-not-found",
        "error404",
        "error-404",
    ];
    path.split('/').any(|segment| {
        let stem = segment.split('.').next().unwrap_or(segment).to_ascii_lowercase();
        names.contains(&stem.as_str())
    })
}

fn to_root(cited: &Url, end: &str) -> Option<String> {
    let ended = Url::parse(end).ok().filter(|ended| ended != cited && is_root(ended))?;
    Some(format!("it leads to the home page {ended}"))
}

/// Whether an address is that of a home page, also of one in a language or with a file name.
pub(super) fn is_root(url: &Url) -> bool {
    let mut segments = url.path().split('/').filter(|segment| !segment.is_empty());
    let first = segments.next().unwrap_or("").to_ascii_lowercase();
    let is_index = |name: &str| matches!(name.split('.').next(), Some("index" | "default" | "home"));
    url.query().is_none() && segments.next().is_none() && (first.is_empty() || is_index(&first))
}

fn collapse(inspection: &Inspection) -> Option<String> {
    let company = inspection.company;
    if company.same_end >= MANY {
        return Some(format!("{} cited addresses end there", company.same_end));
    }
    let same = company.same_text;
    (same >= MANY).then(|| format!("{same} cited addresses of the host bring the very same text"))
}

fn replaced(facts: &CitationFacts, inspection: &Inspection) -> Option<String> {
    let baseline = facts.baseline.as_ref()?;
    let (old, new) = (baseline.page.as_ref()?, facts.chain.page.as_ref()?);
    let (before, after) = (inspection.baseline.as_deref()?, inspection.text.as_deref()?);
    if old.text == new.text || before.is_empty() || after.is_empty() {
        return None;
    }
    let (_, scores) = drift::compare(
        drift::Side {
            title: &old.title,
            text: before,
        },
        drift::Side {
            title: &new.title,
            text: after,
        },
    );
    let other = scores.jaccard < OTHER_TEXT
        && scores.containment < OTHER_SHARE
        && own_title_similarity(&old.title, &new.title) < OTHER_TITLE;
    other.then(|| {
        format!(
            "next to nothing of the copy of {} is there",
            baseline.captured_at.date()
        )
    })
}

/// Similarity of two titles without the parts that stand in both, such as the name of the site. Titles that
/// are one and the same are alike.
fn own_title_similarity(old: &str, new: &str) -> f64 {
    let parts = |title: &str| -> Vec<String> {
        let split = title.split(['|', '\u{2013}', '\u{2014}', '\u{b7}', '\u{bb}', '\u{ab}', ':']);
        let split = split.flat_map(|part| part.split(" - "));
        split
            .map(|part| part.trim().to_lowercase())
            .filter(|part| !part.is_empty())
            .collect()
    };
    let (a, b) = (parts(old), parts(new));
    let own = |these: &[String], others: &[String]| -> String {
        let own: Vec<&str> = these
            .iter()
            .filter(|part| !others.contains(part))
            .map(String::as_str)
            .collect();
        own.join(" ")
    };
    if a == b {
        return 1.0;
    }
    drift::title_similarity(&own(&a, &b), &own(&b, &a))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
