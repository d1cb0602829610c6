//! What is said of each class, from each point of its history.

use super::*;
use crate::model::{
    explanation::LedgerEntry,
    report::Baseline,
    verdict::{Content, RULES_VERSION},
};

fn day(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

/// A link of that class since the first of March, first kept in January, asked about on the second of March.
fn a_link(class: Class) -> ExplainedLink {
    let link = LinkReport {
        article: "notes.md".into(),
        url: "http://a.example/x".into(),
        fragment: None,
        class,
        transport: Some(Transport::Ok),
        access: Some(Access::Open),
        resource: Some(Resource::Ok),
        content: Some(Content::NotCompared),
        scores: None,
        status: Some(200),
        final_url: None,
        moved_to: None,
        since_last: None,
        passages: Vec::new(),
        hops: Vec::new(),
        reason: "for a reason".into(),
        evidence: Vec::new(),
        since: Some(day("2026-03-01 10:00")),
        confirmed: false,
        state: "present".into(),
        retargeted_to: None,
        first_seen: day("2026-01-01"),
        last_checked: Some(day("2026-03-01 10:00")),
        last_good: Some(day("2026-01-01")),
        baseline: Some(Baseline {
            captured_at: day("2026-01-01"),
            chosen: "first-good".into(),
        }),
        notes: Vec::new(),
        anchor: String::new(),
        places: Vec::new(),
    };
    ExplainedLink {
        link,
        meaning: class.meaning(),
        listed: true,
        outlook: Vec::new(),
        baseline_kept: true,
        last_good_kept: true,
        ledger: Vec::new(),
        source: Vec::new(),
        copies: Vec::new(),
    }
}

fn with(class: Class, change: impl FnOnce(&mut LinkReport)) -> ExplainedLink {
    let mut explained = a_link(class);
    change(&mut explained.link);
    explained
}

fn struck(mut explained: ExplainedLink, strikes: u32, last: &str) -> ExplainedLink {
    explained.ledger.push(LedgerEntry {
        visited_at: day(last),
        judged_at: day(last),
        class: explained.link.class,
        reason: "for a reason".into(),
        since: day(last),
        confirmed: false,
        strikes,
        last_strike: Some(day(last)),
        rules_version: RULES_VERSION,
        current: true,
    });
    explained
}

#[test]
fn says_of_each_class_what_would_change_it() {
    let refused = |access, status| {
        with(Class::Blocked, |link| {
            (link.access, link.status) = (Some(access), Some(status));
        })
    };
    let left_out = |access| with(Class::Excluded, |link| link.access = Some(access));
    let definite = |link: &mut LinkReport| link.resource = Some(Resource::NotFound);
    let failing = |link: &mut LinkReport| link.transport = Some(Transport::Refused);
    for (what, explained, now, wanted, unwanted) in [
        (
            "dead on the day it was seen",
            with(Class::Dead, definite),
            "2026-03-01 12:00",
            &["(2026-03-02 or later), it is confirmed", "One good answer revives it"][..],
            &["It failed at"][..],
        ),
        (
            "dead since another day",
            with(Class::Dead, definite),
            "2026-03-02",
            &["Seen once more, it is confirmed"],
            &["or later"],
        ),
        (
            "dead for certain",
            with(Class::Dead, |link| {
                definite(link);
                link.confirmed = true;
            }),
            "2026-03-02",
            &["One good answer revives it"],
            &["it is confirmed"],
        ),
        (
            "dead of failures that may pass",
            struck(
                with(Class::Dead, |link| {
                    failing(link);
                    link.confirmed = true;
                }),
                3,
                "2026-03-01",
            ),
            "2026-03-02",
            &[
                "It failed at 3 visits, each at least 3 days after the one before; 3 are enough",
                "revives",
            ],
            &["it is confirmed"],
        ),
        (
            "suspect for the first time",
            struck(with(Class::Suspect, failing), 1, "2026-03-01 10:00"),
            "2026-03-02",
            &[
                "Strike 1 of 3: the next failure counts from 2026-03-04 10:00 on, and it is dead on 2026-03-07 at the earliest",
            ],
            &[],
        ),
        (
            "suspect for the second time",
            struck(with(Class::Suspect, failing), 2, "2026-03-01 10:00"),
            "2026-03-02",
            &[
                "Strike 2 of 3",
                "dead on 2026-03-04 at the earliest",
                "One good answer clears",
            ],
            &[],
        ),
        (
            "suspect long ago",
            struck(with(Class::Suspect, failing), 1, "2026-03-01 10:00"),
            "2026-06-01",
            &["whenever it is seen, and it is dead on 2026-06-04 at the earliest"],
            &[],
        ),
        (
            "changed",
            a_link(Class::Changed),
            "2026-03-01 12:00",
            &["says again what it said on 2026-01-01, it is ok", "2026-03-02 or later"],
            &[],
        ),
        (
            "replaced",
            with(Class::Replaced, |link| link.confirmed = true),
            "2026-03-02",
            &["says again what it said on 2026-01-01, it is ok", "it is changed"],
            &["it is confirmed"],
        ),
        (
            "moved",
            with(Class::Moved, |link| link.final_url = Some("http://b.example/y".into())),
            "2026-03-02",
            &["Cite http://b.example/y in the article"],
            &[],
        ),
        (
            "blocked by a log-in",
            refused(Access::Auth, 401),
            "2026-03-02",
            &["never ages into dead", "auth-env", "--accept 401"],
            &["strikes"],
        ),
        (
            "blocked by a challenge that answers 200",
            refused(Access::BotWall, 200),
            "2026-03-02",
            &["never ages into dead", "--user-agent"],
            &["--accept"],
        ),
        (
            "blocked after a failure",
            struck(refused(Access::RateLimited, 429), 2, "2026-02-01"),
            "2026-03-02",
            &[
                "request-interval",
                "The 2 of 3 strikes from before are neither added to nor forgiven",
            ],
            &[],
        ),
        (
            "blocked by law",
            refused(Access::Legal, 451),
            "2026-03-02",
            &["never ages into dead"],
            &["may open it"],
        ),
        (
            "excluded by robots.txt",
            left_out(Access::RobotsExcluded),
            "2026-03-02",
            &["robots.txt is read again", "robots = \"ignore\""],
            &["--exclude"],
        ),
        (
            "excluded by a robots.txt that fails",
            left_out(Access::RobotsUnreachable),
            "2026-03-02",
            &["any answer but a server error decides"],
            &["--exclude"],
        ),
        (
            "excluded by us",
            left_out(Access::OutOfScope),
            "2026-03-02",
            &["--exclude"],
            &["robots.txt"],
        ),
        (
            "excluded as private",
            left_out(Access::PrivateAddress),
            "2026-03-02",
            &["--allow-private"],
            &["robots.txt"],
        ),
        (
            "relative",
            with(Class::Skipped, |link| {
                link.evidence = vec!["relative-without-base".into()]
            }),
            "2026-03-02",
            &["--base-url"],
            &[],
        ),
        (
            "a mail address",
            with(Class::Skipped, |link| link.evidence = vec!["mailto".into()]),
            "2026-03-02",
            &["Nothing"],
            &["--base-url"],
        ),
        (
            "ok",
            a_link(Class::Ok),
            "2026-03-02",
            &["that of 2026-01-01 makes it changed"],
            &[],
        ),
        (
            "never visited",
            a_link(Class::Unchecked),
            "2026-03-02",
            &["evercite check"],
            &[],
        ),
        (
            "removed",
            with(Class::Dead, |link| link.state = "removed".into()),
            "2026-03-02",
            &["no longer in the article, so it is not visited", "Cited again"],
            &["revives"],
        ),
        (
            "retargeted",
            with(Class::Ok, |link| {
                (link.state, link.retargeted_to) = ("retargeted".into(), Some("http://b.example/#y".into()));
            }),
            "2026-03-02",
            &["leads to http://b.example/#y now", "Cited again"],
            &["makes it changed"],
        ),
        (
            "of an article that was taken off the list",
            ExplainedLink {
                listed: false,
                ..a_link(Class::Dead)
            },
            "2026-03-02",
            &["off the list"],
            &["revives"],
        ),
    ] {
        let said = outlook(&explained, day(now)).join("\n");
        for words in wanted {
            assert!(said.contains(words), "{what}: {words:?} is not said:\n{said}");
        }
        for words in unwanted {
            assert!(!said.contains(words), "{what}: {words:?} is said:\n{said}");
        }
    }
}

#[test]
fn no_class_is_without_an_outlook() {
    for class in Class::ALL {
        for explained in [a_link(*class), struck(a_link(*class), u32::MAX, "9000-01-01")] {
            let said = outlook(&explained, day("2026-03-02"));
            assert!(
                !said.is_empty() && said.iter().all(|sentence| sentence.ends_with('.')),
                "{class}: {said:?}"
            );
        }
    }
}
