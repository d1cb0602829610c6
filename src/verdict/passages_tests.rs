//! Quoted words and fragments over the visits of a link.

use super::*;
use crate::{
    model::{
        digest::{DocumentDigest, TextDigest},
        facts::BaselineFacts,
        passage::Anchors,
        time::Timestamp,
        verdict::Verdict,
    },
    verdict::{Policy, facts_for_tests, verdict},
};

const QUOTE: &str = "the bridge will never be built in our time";

/// A link that quotes words and points at a place, seen on day `day`; the page says `text` and has `ids`.
fn visit(day: i64, text: &str, ids: &[&str], scripted: bool, before: Option<(&str, &[&str], Verdict)>) -> Verdict {
    let mut facts = facts_for_tests("http://a.example/x");
    let at = |day: i64| Timestamp::from_millis(day * 24 * 3600 * 1000);
    facts.chain.at = at(day);
    facts.fragment = "costs".into();
    facts.quotes = vec![QUOTE.into()];
    let mut page = facts.chain.page.clone().unwrap();
    page.text = TextDigest::of(text.as_bytes());
    page.document = DocumentDigest::of(format!("{text}{ids:?}").as_bytes());
    page.text_length = text.len() as u64;
    facts.chain.page = Some(page.clone());
    let places = |ids: &[&str]| Anchors {
        ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        text: String::new(),
        scripted,
        whole: true,
    };
    let mut inspection = Inspection {
        text: Some(text.into()),
        anchors: Some(places(ids)),
        ..Inspection::default()
    };
    if let Some((old, had, previous)) = before {
        let mut baseline = page;
        baseline.text = TextDigest::of(old.as_bytes());
        baseline.document = DocumentDigest::of(format!("{old}{had:?}").as_bytes());
        baseline.text_length = old.len() as u64;
        facts.baseline = Some(BaselineFacts {
            id: 1,
            captured_at: at(1),
            last_capture: None,
            language: None,
            page: Some(baseline.clone()),
        });
        facts.last_page = Some(baseline);
        facts.previous = Some(previous);
        facts.seen_good = Some(at(day - 1));
        inspection.baseline = Some(old.into());
        inspection.baseline_anchors = Some(places(had));
    }
    verdict(&facts, &inspection, &Policy::default()).unwrap()
}

fn fates(verdict: &Verdict) -> Vec<(Fate, bool)> {
    verdict
        .passages
        .iter()
        .map(|passage| (passage.fate, passage.last_seen.is_some()))
        .collect()
}

fn filler() -> String {
    (0..80).map(|n| format!("word{n} ")).collect()
}

#[test]
fn what_was_there_and_is_not_is_told_with_when_it_was_last_seen() {
    let with = format!("{}They said that {QUOTE}, and left.", filler());
    let near = format!(
        "{}They said that the bridge will never be finished in our time, and left.",
        filler()
    );
    let first = visit(1, &with, &["costs"], false, None);
    assert_eq!(fates(&first), [(Fate::There, false), (Fate::There, false)]);
    assert!(
        first.evidence.iter().any(|says| says.contains("stand there")),
        "{:?}",
        first.evidence
    );
    for (text, ids, want) in [
        (
            with.as_str(),
            &["costs"][..],
            [(Fate::There, false), (Fate::There, false)],
        ),
        (&near, &["costs"], [(Fate::Near, false), (Fate::There, false)]),
        (&filler(), &["prices"], [(Fate::Missing, true), (Fate::Missing, true)]),
    ] {
        let later = visit(9, text, ids, false, Some((&with, &["costs"], first.clone())));
        assert_eq!(fates(&later), want, "{text}");
    }
}

#[test]
fn what_was_never_seen_there_is_not_told_as_missing() {
    let without = filler();
    let first = visit(1, &without, &["prices"], true, None);
    assert_eq!(fates(&first), [(Fate::Unknown, false), (Fate::Unknown, false)]);
    let plain = visit(1, &without, &["prices"], false, None);
    assert_eq!(
        fates(&plain)[1],
        (Fate::Missing, false),
        "a page without scripts has all its places"
    );
    assert_eq!(plain.class, crate::model::verdict::Class::Ok, "it never was otherwise");
    let later = visit(
        9,
        &(without.clone() + "more"),
        &["prices"],
        true,
        Some((&without, &["prices"], first)),
    );
    assert_eq!(fates(&later), [(Fate::Unknown, false), (Fate::Unknown, false)]);
}

#[test]
fn a_place_that_is_gone_changes_a_link_whose_text_is_the_same() {
    let text = filler();
    let first = visit(1, &text, &["costs"], true, None);
    let later = visit(9, &text, &["prices"], true, Some((&text, &["costs"], first)));
    assert_eq!(later.class, crate::model::verdict::Class::Changed, "{later:?}");
    assert!(later.reason.contains("#costs"), "{}", later.reason);
    assert!(
        later
            .evidence
            .iter()
            .any(|says| says.contains("last seen on 1970-01-09")),
        "{:?}",
        later.evidence
    );
}
