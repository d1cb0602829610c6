//! The table from readings to classes, and what history adds to it.

use std::ops::RangeInclusive;

use super::*;
use crate::model::{
    digest::{DocumentDigest, TextDigest},
    facts::{BaselineFacts, ChainFacts, HopFacts, PageFacts, TextCopy},
    page::PageKind,
    sketch::Sketch,
    time::Timestamp,
    verdict::{Content, Resource},
};
use crate::verdict::suspicion;

const DAY: i64 = 24 * 3600 * 1000;

fn hop(url: &str, status: Option<u16>, transport: Transport) -> HopFacts {
    HopFacts {
        url: url.into(),
        status,
        transport,
        access: Access::Open,
        detail: None,
        length: Some(100),
        whole: true,
    }
}

fn page(document: &str, title: &str, text: &str) -> PageFacts {
    PageFacts {
        version: 1,
        kind: PageKind::Html,
        title: title.into(),
        document: DocumentDigest::of(document.as_bytes()),
        text: TextDigest::of(text.as_bytes()),
        text_length: text.len() as u64,
        canonical: None,
        shell: false,
    }
}

/// A citation visited on day 400, first captured on day 1.
struct Case {
    facts: CitationFacts,
    old: String,
    last: String,
    new: String,
    accept: Vec<RangeInclusive<u16>>,
    copies: Vec<TextCopy>,
}

impl Case {
    fn answering(status: u16) -> Self {
        Self::through(vec![hop("http://a.example/x", Some(status), Transport::Ok)])
    }

    fn failing(transport: Transport) -> Self {
        Self::through(vec![hop("http://a.example/x", None, transport)])
    }

    fn through(hops: Vec<HopFacts>) -> Self {
        let chain = ChainFacts {
            capture: 7,
            at: Timestamp::from_millis(400 * DAY),
            hops,
            page: None,
        };
        let facts = CitationFacts {
            citation: 1,
            url: "http://a.example/x".into(),
            fragment: String::new(),
            quotes: Vec::new(),
            seen_good: None,
            baseline: None,
            previous: None,
            last_good: None,
            last_page: None,
            chain,
        };
        Self {
            facts,
            old: String::new(),
            last: String::new(),
            new: String::new(),
            accept: Vec::new(),
            copies: Vec::new(),
        }
    }

    fn refused(mut self, access: Access) -> Self {
        if let Some(last) = self.facts.chain.hops.last_mut() {
            last.access = access;
        }
        self
    }

    fn said(mut self, document: &str, title: &str, text: &str) -> Self {
        let captured_at = Timestamp::from_millis(DAY);
        self.facts.baseline = Some(BaselineFacts {
            id: 3,
            captured_at,
            last_capture: None,
            language: None,
            page: Some(page(document, title, text)),
        });
        self.old = text.into();
        self
    }

    fn says(mut self, document: &str, title: &str, text: &str) -> Self {
        self.facts.chain.page = Some(page(document, title, text));
        self.new = text.into();
        self
    }

    fn said_last(mut self, document: &str, title: &str, text: &str) -> Self {
        self.facts.last_good = Some(5);
        self.facts.last_page = Some(page(document, title, text));
        self.last = text.into();
        self
    }

    fn also_at(mut self, url: &str, day: i64, is_newer: bool) -> Self {
        self.copies.push(TextCopy {
            url: url.into(),
            first_seen: Timestamp::from_millis(day * DAY),
            last_seen: Timestamp::from_millis(400 * DAY),
            is_newer,
        });
        self
    }

    fn after(mut self, previous: &Verdict) -> Self {
        self.facts.previous = Some(previous.clone());
        self
    }

    fn on_day(mut self, day: i64) -> Self {
        self.facts.chain.at = Timestamp::from_millis(day * DAY);
        self
    }

    /// As the crawl prepares it.
    fn inspection(&self) -> Inspection {
        let wanted = wants_texts(&self.facts);
        let mut inspection = Inspection {
            baseline: wanted.baseline.then(|| self.old.clone()),
            last_good: wanted.last_good.then(|| self.last.clone()),
            text: wanted.page.then(|| self.new.clone()),
            copies: self.copies.clone(),
            ..Inspection::default()
        };
        if suspicion::is_suspicious(&self.facts, &inspection) {
            inspection.sketch = Some(Sketch {
                title: self.facts.chain.page.as_ref().unwrap().title.clone(),
                text: self.new.clone(),
                ..Sketch::default()
            });
        }
        inspection
    }

    fn judged(&self) -> Option<Judged> {
        let policy = Policy {
            accept: self.accept.clone(),
            ..Policy::default()
        };
        judged(
            &self.facts,
            super::verdict(&self.facts, &self.inspection(), &policy)?,
            &policy,
        )
    }

    fn verdict(&self) -> Verdict {
        super::verdict(&self.facts, &self.inspection(), &Policy::default()).expect("somebody was asked")
    }
}

fn words(from: usize, to: usize) -> String {
    (from..to).map(|n| format!("word{n} ")).collect()
}

#[test]
fn one_table_maps_readings_to_classes() {
    let text = words(0, 100);
    for (what, case, want) in [
        ("first copy", Case::answering(200).says("d", "t", &text), Class::Ok),
        (
            "304",
            Case::answering(304).said("d", "t", &text).says("d", "t", &text),
            Class::Ok,
        ),
        (
            "same document",
            Case::answering(200).said("d", "t", &text).says("d", "t", &text),
            Class::Ok,
        ),
        (
            "same text",
            Case::answering(200).said("d", "t", &text).says("e", "t", &text),
            Class::Ok,
        ),
        (
            "small edit",
            Case::answering(200)
                .said("d", "t", &text)
                .says("e", "t", &(words(0, 100) + "x")),
            Class::Changed,
        ),
        (
            "other text",
            Case::answering(200)
                .said("d", "t", &text)
                .says("e", "u", &words(500, 600)),
            Class::Replaced,
        ),
        (
            "not-found page that answers 200",
            Case::answering(200)
                .said("d", "t", &text)
                .says("e", "Page not found", "Sorry, nothing is here."),
            Class::Dead,
        ),
        (
            "a page about missing pages, unchanged",
            Case::answering(200)
                .said("d", "Page not found", &text)
                .says("e", "Page not found", &text),
            Class::Ok,
        ),
        (
            "script shell",
            Case::answering(200).said("d", "t", &text).says("e", "t", ""),
            Class::Ok,
        ),
        ("404", Case::answering(404), Class::Dead),
        ("410", Case::answering(410), Class::Dead),
        ("400", Case::answering(400), Class::Suspect),
        ("500", Case::answering(500), Class::Suspect),
        ("503", Case::answering(503), Class::Suspect),
        ("300", Case::answering(300), Class::Suspect),
        ("204", Case::answering(204), Class::Suspect),
        ("403", Case::answering(403).refused(Access::Forbidden), Class::Blocked),
        ("429", Case::answering(429).refused(Access::RateLimited), Class::Blocked),
        ("999", Case::answering(999).refused(Access::BotWall), Class::Blocked),
        (
            "robots",
            Case::failing(Transport::Ok).refused(Access::RobotsExcluded),
            Class::Excluded,
        ),
        (
            "scope",
            Case::failing(Transport::Ok).refused(Access::OutOfScope),
            Class::Excluded,
        ),
        ("no such name", Case::failing(Transport::NoSuchName), Class::Dead),
        ("resolver down", Case::failing(Transport::DnsFailure), Class::Suspect),
        ("refused", Case::failing(Transport::Refused), Class::Suspect),
        ("timeout", Case::failing(Transport::ReadTimeout), Class::Suspect),
        (
            "expired certificate",
            Case::failing(Transport::TlsExpired),
            Class::Suspect,
        ),
        ("loop", Case::failing(Transport::RedirectLoop), Class::Suspect),
    ] {
        assert_eq!(case.verdict().class, want, "{what}: {:?}", case.verdict());
    }
}

#[test]
fn an_empty_page_that_answers_is_suspect() {
    let mut case = Case::answering(200);
    case.facts.chain.hops[0].length = Some(0);
    assert_eq!(
        (case.verdict().class, case.verdict().resource),
        (Class::Suspect, Resource::Empty)
    );
}

#[test]
fn moved_is_read_together_with_the_text() {
    let hops = || {
        vec![
            hop("http://a.example/x", Some(301), Transport::Ok),
            hop("http://a.example/y", Some(200), Transport::Ok),
        ]
    };
    let text = words(0, 100);
    for (new, class, resource) in [
        (text.clone(), Class::Moved, Resource::MovedSame),
        (text.clone() + "x", Class::Changed, Resource::MovedSame),
        (words(900, 999), Class::Replaced, Resource::MovedOther),
    ] {
        let verdict = Case::through(hops())
            .said("d", "t", &text)
            .says("e", "t", &new)
            .verdict();
        assert_eq!((verdict.class, verdict.resource), (class, resource));
        assert_eq!(verdict.final_url.as_deref(), Some("http://a.example/y"));
    }
}

#[test]
fn a_passing_failure_is_dead_only_after_three_visits_days_apart() {
    let first = Case::failing(Transport::ReadTimeout).on_day(10).verdict();
    assert_eq!((first.class, first.strikes), (Class::Suspect, 1));
    let soon = Case::failing(Transport::ReadTimeout).on_day(11).after(&first).verdict();
    assert_eq!(
        (soon.class, soon.strikes),
        (Class::Suspect, 1),
        "a day later counts for nothing"
    );
    let second = Case::failing(Transport::Refused).on_day(13).after(&soon).verdict();
    assert_eq!((second.class, second.strikes), (Class::Suspect, 2));
    let refused = Case::answering(403)
        .refused(Access::Forbidden)
        .on_day(20)
        .after(&second)
        .verdict();
    assert_eq!(
        (refused.class, refused.strikes),
        (Class::Blocked, 2),
        "a refusal neither counts nor forgives"
    );
    let third = Case::failing(Transport::Refused).on_day(21).after(&refused).verdict();
    assert_eq!((third.class, third.confirmed), (Class::Dead, true));
    let revived = Case::answering(200).on_day(30).after(&third).verdict();
    assert_eq!((revived.class, revived.strikes), (Class::Ok, 0));
}

#[test]
fn blocked_never_ages_into_dead() {
    let mut last = Case::answering(403).refused(Access::Forbidden).on_day(1).verdict();
    for day in (10..400).step_by(10) {
        if let Some(judged) = Case::answering(403)
            .refused(Access::Forbidden)
            .on_day(day)
            .after(&last)
            .judged()
        {
            last = judged.verdict;
        }
        assert_eq!(last.class, Class::Blocked);
    }
}

#[test]
fn a_definite_death_is_confirmed_on_another_day() {
    let first = Case::answering(404).on_day(10).verdict();
    assert!(!first.confirmed);
    assert!(
        Case::answering(404).on_day(10).after(&first).judged().is_none(),
        "nothing new is said on the same day"
    );
    let next = Case::answering(404).on_day(11).after(&first).verdict();
    assert!(next.confirmed && next.since == first.since);
}

#[test]
fn an_unchanged_verdict_is_not_written_again() {
    let text = words(0, 100);
    let case = |day| {
        Case::answering(304)
            .said("d", "t", &text)
            .says("d", "t", &text)
            .on_day(day)
    };
    let first = case(10).verdict();
    let second = case(11).after(&first).judged().map_or(first, |judged| judged.verdict);
    assert!(case(12).after(&second).judged().is_none());
}

#[test]
fn the_first_good_copy_becomes_the_baseline_and_nothing_else_does() {
    for (case, becomes) in [
        (Case::answering(200).says("d", "t", "x"), true),
        (Case::answering(404), false),
        (Case::answering(403).refused(Access::Forbidden), false),
        (Case::answering(200).said("d", "t", "x").says("d", "t", "x"), false),
    ] {
        let judged = case.judged().expect("a first verdict");
        assert_eq!(judged.new_baseline, becomes, "{:?}", judged.verdict);
    }
    let mut dead = Case::answering(404);
    dead.facts.last_good = Some(5);
    assert_eq!(
        dead.judged().expect("a first verdict").last_good,
        Some(5),
        "a failure keeps the last good copy"
    );
}

#[test]
fn an_accepted_status_is_fine_but_no_copy() {
    let mut case = Case::answering(403).refused(Access::Forbidden);
    case.accept = vec![400..=403];
    let judged = case.judged().expect("a first verdict");
    assert_eq!((judged.verdict.class, judged.new_baseline), (Class::Ok, false));
}

#[test]
fn a_link_left_for_a_later_run_is_not_judged() {
    let mut left = hop("http://a.example/x", None, Transport::Ok);
    left.access = Access::Deferred;
    let moved = hop("http://a.example/x", Some(302), Transport::Ok);
    for hops in [vec![left.clone()], vec![moved, left]] {
        assert!(Case::through(hops).judged().is_none());
    }
}

#[test]
fn a_page_is_held_against_its_last_good_copy_too() {
    let (old, newer, newest) = (words(0, 100), words(0, 100) + "once", words(0, 100) + "twice");
    for (last, now, content, since_last) in [
        (&old, &newer, Content::Minor, Content::Minor),
        (&newer, &newer, Content::Minor, Content::Identical),
        (&newer, &newest, Content::Minor, Content::Minor),
        (&newer, &old, Content::Identical, Content::Minor),
    ] {
        let verdict = Case::answering(200)
            .said(&old, "t", &old)
            .said_last(last, "t", last)
            .says(now, "t", now)
            .verdict();
        assert_eq!((verdict.content, verdict.since_last), (content, since_last));
    }
    assert_eq!(
        Case::answering(200).says("d", "t", &old).verdict().since_last,
        Content::NotCompared
    );
}

#[test]
fn a_lost_text_that_stands_elsewhere_has_moved_or_has_a_copy() {
    let text = words(0, 100);
    let lost = || Case::answering(404).said("d", "t", &text);
    let moved = lost().also_at("http://b.example/", 9, true).verdict();
    assert_eq!((moved.class, moved.resource), (Class::Moved, Resource::MovedSame));
    assert_eq!(moved.moved_to.as_deref(), Some("http://b.example/"));
    let syndicated = lost().also_at("http://b.example/", 0, false).verdict();
    assert_eq!((syndicated.class, syndicated.moved_to), (Class::Dead, None));
    let told = |says: &String| says.contains("http://b.example/");
    assert!(syndicated.evidence.iter().any(told), "{:?}", syndicated.evidence);
    let unsure = Case::answering(503)
        .said("d", "t", &text)
        .also_at("http://a.example/new", 1, true)
        .verdict();
    assert_eq!(unsure.class, Class::Suspect, "what may pass has not moved");
    let nowhere = Case::failing(Transport::NoSuchName)
        .said("d", "t", &text)
        .also_at("http://b.example/", 9, true);
    assert_eq!(nowhere.verdict().class, Class::Moved);
}

#[test]
fn a_redirect_to_the_home_page_alone_is_suspect_and_dead_with_a_second_sign() {
    let hops = || {
        vec![
            hop("http://a.example/news/x", Some(301), Transport::Ok),
            hop("http://a.example/", Some(200), Transport::Ok),
        ]
    };
    let (home, story) = (words(500, 600), words(0, 100));
    let at = |case: Case| {
        let mut case = case;
        case.facts.url = "http://a.example/news/x".into();
        case.verdict()
    };
    let first = at(Case::through(hops()).says("h", "Home", &home));
    assert_eq!(
        (first.class, first.resource),
        (Class::Suspect, Resource::RedirectToRoot)
    );
    let known = at(Case::through(hops())
        .said("d", "A story", &story)
        .says("h", "Home", &home));
    assert_eq!((known.class, known.resource), (Class::Dead, Resource::Soft404));
    let same = at(Case::through(hops())
        .said("d", "A story", &story)
        .says("e", "A story", &story));
    assert_eq!(same.class, Class::Moved, "the whole text stands there");
}

#[test]
fn judging_the_same_rows_again_says_the_same() {
    let text = words(0, 100);
    for case in [
        Case::answering(404).said("d", "t", &text),
        Case::failing(Transport::ReadTimeout),
        Case::answering(200)
            .said("d", "t", &text)
            .says("e", "t", &(text.clone() + "x")),
        Case::answering(200).says("d", "t", &text),
    ] {
        let first = case.verdict();
        assert_eq!(first, case.verdict());
        let mut again = case;
        again.facts.previous = Some(first);
        again.facts.baseline.get_or_insert(BaselineFacts {
            id: 1,
            captured_at: again.facts.chain.at,
            last_capture: None,
            language: None,
            page: again.facts.chain.page.clone(),
        });
        again.old = if again.old.is_empty() {
            again.new.clone()
        } else {
            again.old
        };
        let second = again.verdict();
        assert_eq!((second.class, second.strikes, second.confirmed), {
            let first = again.facts.previous.as_ref().unwrap();
            (first.class, first.strikes, first.confirmed)
        });
    }
}

#[test]
fn what_no_score_shows_is_told() {
    let filler = words(0, 200);
    let (old, new) = (
        format!("{filler}\nThe bridge costs 31 million. It opens in May."),
        format!("{filler}\nThe bridge costs 13 million. It opens in May."),
    );
    let verdict = Case::answering(200).said("d", "t", &old).says("e", "t", &new).verdict();
    assert_eq!((verdict.class, verdict.content), (Class::Changed, Content::Minor));
    let told = verdict.evidence.join("; ");
    assert!(told.contains("0 sentences removed, 0 added, 1 altered"), "{told}");
    assert!(
        told.contains("number changed") && told.contains("31") && told.contains("13"),
        "{told}"
    );
}

#[test]
fn a_retraction_is_told_even_when_only_the_title_says_so() {
    let text = words(0, 100);
    let verdict = Case::answering(200)
        .said("d", "Bridges and their keepers", &text)
        .says("e", "RETRACTED: Bridges and their keepers", &text)
        .verdict();
    assert_eq!(verdict.class, Class::Changed, "{verdict:?}");
    assert!(verdict.reason.contains("retraction"), "{}", verdict.reason);
    let other = Case::answering(200)
        .said("d", "Bridges and their keepers", &text)
        .says("e", "Bridges and their keepers | The Gazette", &text)
        .verdict();
    assert_eq!(other.class, Class::Ok, "{other:?}");
}
