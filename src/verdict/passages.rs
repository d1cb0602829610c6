//! What an article quotes from a page, and where its link points: whether that is still there.
//!
//! Quotations are given to links by nearness, and may be of another page; a script may make the place that
//! a fragment names. So only what an earlier copy had can be told as missing, or what a page without
//! scripts would have to have.

use super::{
    fragment, quote,
    readings::{baseline_page, is_good},
};
use crate::model::{
    facts::{CitationFacts, Inspection},
    page::PageKind,
    passage::{Fate, Hold, Passage, Presence, Wording},
};

/// Characters of a passage that are told.
const TOLD: usize = 200;

/// What has to be read for the passages of a citation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted {
    /// The main text of the page.
    pub text: bool,
    /// The places of the page that a fragment can point at.
    pub anchors: bool,
}

/// Tells what has to be read. Nothing where the page is the very one of the verdict before.
pub fn wanted(facts: &CitationFacts) -> Wanted {
    let Some(page) = facts
        .chain
        .page
        .as_ref()
        .filter(|_| facts.chain.hops.last().is_some_and(is_good))
    else {
        return Wanted::default();
    };
    if is_known(facts) {
        return Wanted::default();
    }
    Wanted {
        text: !facts.quotes.is_empty() && page.text_length > 0,
        anchors: !facts.fragment.is_empty() && page.kind == PageKind::Html,
    }
}

/// Whether the verdict before was given on this very page, for these very passages.
fn is_known(facts: &CitationFacts) -> bool {
    let (Some(before), Some(last), Some(page)) = (&facts.previous, &facts.last_page, &facts.chain.page) else {
        return false;
    };
    let held = before.passages.iter().map(|passage| passage.what.as_str());
    last.document == page.document && last.text == page.text && held.eq(holds(facts).map(|(_, what)| what))
}

/// What the article holds on to: its quotations, then the fragment.
fn holds(facts: &CitationFacts) -> impl Iterator<Item = (Hold, &str)> {
    let quotes = facts.quotes.iter().map(|quote| (Hold::Quote, quote.as_str()));
    let fragment = Some(facts.fragment.as_str()).filter(|fragment| !fragment.is_empty());
    quotes.chain(fragment.map(|fragment| (Hold::Fragment, fragment)))
}

/// What became of each passage on a page that answers.
pub(super) fn check(facts: &CitationFacts, inspection: &Inspection) -> Vec<Passage> {
    if let Some(before) = facts.previous.as_ref().filter(|_| is_known(facts)) {
        return before.passages.clone();
    }
    holds(facts)
        .map(|(hold, what)| {
            let (fate, now) = match hold {
                Hold::Quote => quoted(what, facts, inspection),
                Hold::Fragment => (pointed_at(what, facts, inspection), None),
            };
            Passage {
                hold,
                what: what.to_owned(),
                fate,
                now,
                last_seen: facts
                    .seen_good
                    .filter(|_| fate == Fate::Missing && had(facts, hold, what, inspection)),
            }
        })
        .collect()
}

fn quoted(words: &str, facts: &CitationFacts, inspection: &Inspection) -> (Fate, Option<String>) {
    let Some(text) = inspection.text.as_deref() else {
        return (Fate::Unknown, None);
    };
    match quote::check(&[words], text).pop() {
        Some(found) if found.wording == Wording::Exact => (Fate::There, None),
        Some(found) if found.wording == Wording::Near => (Fate::Near, found.now.map(short)),
        _ if had(facts, Hold::Quote, words, inspection) => (Fate::Missing, None),
        _ => (Fate::Unknown, None),
    }
}

fn pointed_at(written: &str, facts: &CitationFacts, inspection: &Inspection) -> Fate {
    let Some(anchors) = &inspection.anchors else {
        return Fate::Unknown;
    };
    let fragment = fragment::parse(written);
    let was_there = had(facts, Hold::Fragment, written, inspection);
    match fragment::check(&fragment, anchors, was_there).presence() {
        Presence::There => Fate::There,
        Presence::Missing => Fate::Missing,
        Presence::Unknown => Fate::Unknown,
    }
}

/// Whether an earlier copy had it: by the verdict before, or by the baseline.
fn had(facts: &CitationFacts, hold: Hold, what: &str, inspection: &Inspection) -> bool {
    let before = facts.previous.iter().flat_map(|before| &before.passages);
    let known = before.filter(|passage| passage.hold == hold && passage.what == what);
    if known
        .clone()
        .any(|passage| matches!(passage.fate, Fate::There | Fate::Near) || passage.last_seen.is_some())
    {
        return true;
    }
    if baseline_page(facts).is_none() {
        return false;
    }
    match hold {
        Hold::Quote => inspection.baseline.as_deref().is_some_and(|text| {
            quote::check(&[what], text)
                .iter()
                .any(|found| found.wording != Wording::Missing)
        }),
        Hold::Fragment => inspection.baseline_anchors.as_ref().is_some_and(|anchors| {
            fragment::check(&fragment::parse(what), anchors, false).presence() == Presence::There
        }),
    }
}

/// What is to be said of a passage, if anything.
pub(super) fn says(passage: &Passage) -> Option<String> {
    let what = short(&passage.what);
    let last = match passage.last_seen {
        Some(at) => format!("; last seen on {}", at.date()),
        None => String::new(),
    };
    match (passage.hold, passage.fate) {
        (_, Fate::Unknown) | (Hold::Fragment, Fate::There | Fate::Near) => None,
        (Hold::Quote, Fate::There) => Some(format!("the quoted words {what:?} stand there")),
        (Hold::Quote, Fate::Near) => {
            let now = passage.now.as_deref().unwrap_or_default();
            Some(format!("the quoted words {what:?} stand there as {now:?}"))
        }
        (Hold::Quote, Fate::Missing) => Some(format!("the quoted words {what:?} are not there any more{last}")),
        (Hold::Fragment, Fate::Missing) => Some(format!("the page has no place {:?}{last}", format!("#{what}"))),
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(TOLD) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
#[path = "passages_tests.rs"]
mod tests;
