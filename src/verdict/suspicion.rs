//! When an answer that looks good is looked at more closely, and what is asked for that.
//!
//! Looking closer costs a second parse, and up to two requests to a host, so it wants a reason. The
//! reasons are cheap: rows of the archive, and a text where it is short.

use super::{drift, owner, readings, soft404};
use crate::model::{
    facts::{CitationFacts, Company, Inspection, PageFacts},
    page::PageKind,
    sketch::{ErrorPage, Shown},
    time::Timestamp,
    url::{Url, directory},
};

/// Bytes of a main text that is read for the words of an apology.
const SHORT: u64 = 2_000;
/// What a host showed for an address made up counts for so many days.
const PROBE_SERVES: std::time::Duration = std::time::Duration::from_secs(30 * 24 * 3600);
/// Letters of an address that is made up.
const LETTERS: usize = 25;

/// Whether the main text of the page itself is wanted, even where it is to be compared with nothing.
pub fn wants_own_text(facts: &CitationFacts) -> bool {
    page_of_interest(facts).is_some_and(|page| page.text_length < SHORT)
}

/// Whether this is the first good page of a link: what is learned of it now holds for all that follow.
pub fn is_new_page(facts: &CitationFacts) -> bool {
    facts.baseline.is_none() && page_of_interest(facts).is_some()
}

/// Whether there is reason to look closer.
pub fn is_suspicious(facts: &CitationFacts, inspection: &Inspection) -> bool {
    let Some(page) = page_of_interest(facts) else {
        return false;
    };
    let Company {
        same_end, same_text, ..
    } = inspection.company;
    let text = inspection.text.as_deref().filter(|_| page.text_length < SHORT);
    same_end >= 2
        || same_text >= 2
        || soft404::speaks_of_it(&page.title, text)
        || leads_elsewhere(facts)
        || is_other_page(facts, inspection)
        || page
            .canonical
            .as_deref()
            .is_some_and(|canonical| is_root_of_deeper(canonical, &facts.url))
        || facts
            .previous
            .as_ref()
            .is_some_and(|before| readings::was_not_there(before.resource))
}

/// The page of an answer that looks good.
fn page_of_interest(facts: &CitationFacts) -> Option<&PageFacts> {
    let good = facts.chain.hops.last().is_some_and(readings::is_good);
    facts
        .chain
        .page
        .as_ref()
        .filter(|page| good && page.kind == PageKind::Html && !page.shell)
}

/// A chain that ends on a home page, at the address of an error page, or on another site than our copy's.
fn leads_elsewhere(facts: &CitationFacts) -> bool {
    let (Some(first), Some(last)) = (facts.chain.hops.first(), facts.chain.hops.last()) else {
        return false;
    };
    if facts.chain.hops.len() < 2 {
        return false;
    }
    match (Url::parse(&first.url), Url::parse(&last.url)) {
        (Ok(asked), Ok(ended)) => {
            soft404::is_root(&ended) && !soft404::is_root(&asked)
                || soft404::is_error_path(ended.path())
                || facts.baseline.is_some() && owner::site(&asked) != owner::site(&ended)
        }
        _ => false,
    }
}

/// A text that has little in common with that of the baseline.
fn is_other_page(facts: &CitationFacts, inspection: &Inspection) -> bool {
    let old = facts.baseline.as_ref().and_then(|baseline| baseline.page.as_ref());
    let (Some(old), Some(new)) = (old, &facts.chain.page) else {
        return false;
    };
    match (&inspection.baseline, &inspection.text) {
        (Some(before), Some(after)) if old.text != new.text => {
            let side = |title, text| drift::Side { title, text };
            drift::compare(side(&old.title, before), side(&new.title, after))
                .1
                .jaccard
                < 0.3
        }
        _ => false,
    }
}

fn is_root_of_deeper(canonical: &str, cited: &str) -> bool {
    match (Url::parse(canonical), Url::parse(cited)) {
        (Ok(canonical), Ok(cited)) => soft404::is_root(&canonical) && !soft404::is_root(&cited),
        _ => false,
    }
}

/// Addresses to be asked that do not exist: one beside the page, and one at the root of its host.
/// Deterministic in the address and the day, so that a run that goes on asks for the same.
///
/// Nothing for a home page, which exists wherever a host does, or where `known` answers already.
pub fn probes(facts: &CitationFacts, known: &[(ErrorPage, Timestamp)], now: Timestamp) -> Vec<Url> {
    let is_page = |url: &Url| matches!(url.scheme(), "http" | "https") && !soft404::is_root(url);
    let Some(cited) = Url::parse(&facts.url).ok().filter(is_page) else {
        return Vec::new();
    };
    let fresh = |place: &str| {
        known
            .iter()
            .any(|(error, at)| error.shown == Shown::Probe && error.directory == place && now.since(*at) < PROBE_SERVES)
    };
    let mut wanted: Vec<Url> = Vec::new();
    for place in [directory(&cited), root(&cited)] {
        if !fresh(&place) && wanted.iter().all(|url| directory(url) != place) {
            let made_up = format!("{place}{}", letters(&place, now));
            wanted.extend(Url::parse(&made_up).ok());
        }
    }
    wanted
}

fn root(url: &Url) -> String {
    let mut root = url.clone();
    root.set_query(None);
    root.set_fragment(None);
    root.set_path("/");
    root.into()
}

/// Letters that no page is named by.
fn letters(seed: &str, now: Timestamp) -> String {
    let mut state = 0xcbf2_9ce4_8422_2325u64;
    for byte in seed.bytes().chain(now.date().to_string().bytes()) {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let letter = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + ((state >> 33) % 26) as u8)
    };
    (0..LETTERS).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::facts_for_tests as facts;

    #[test]
    fn made_up_addresses_stand_beside_the_page_and_at_the_root() {
        let now = Timestamp::from_millis(1_700_000_000_000);
        for (cited, directories) in [
            (
                "http://a.example/x/y.html?q=1",
                &["http://a.example/x/", "http://a.example/"][..],
            ),
            ("http://a.example/x/y/", &["http://a.example/x/", "http://a.example/"]),
            ("http://a.example:8080/y", &["http://a.example:8080/"]),
            ("http://a.example/", &[]),
            ("http://a.example/index.html", &[]),
            ("urn:uuid:1", &[]),
        ] {
            let wanted = probes(&facts(cited), &[], now);
            let found: Vec<String> = wanted.iter().map(directory).collect();
            assert_eq!(found, directories, "{cited}");
            assert_eq!(wanted, probes(&facts(cited), &[], now), "the same on the same day");
            for url in &wanted {
                let name = url.path().rsplit('/').next().unwrap();
                assert!(
                    name.len() == LETTERS && name.bytes().all(|b| b.is_ascii_lowercase()),
                    "{url}"
                );
            }
        }
    }

    #[test]
    fn what_a_host_showed_serves_for_a_month() {
        let now = Timestamp::from_millis(1_700_000_000_000);
        let day = std::time::Duration::from_secs(24 * 3600);
        let seen = |directory: &str| ErrorPage {
            shown: Shown::Probe,
            url: format!("{directory}made-up"),
            directory: directory.into(),
            final_url: format!("{directory}made-up"),
            redirects: 0,
            status: Some(404),
            sketch: None,
        };
        let cited = facts("http://a.example/x/y");
        let known = [(seen("http://a.example/x/"), now), (seen("http://a.example/"), now)];
        assert!(probes(&cited, &known, now.plus(29 * day)).is_empty());
        assert_eq!(probes(&cited, &known, now.plus(31 * day)).len(), 2);
        assert_eq!(probes(&cited, &known[..1], now).len(), 1);
    }
}
