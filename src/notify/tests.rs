//! Messages and feeds: what they say, and that nothing a page says is anything but text in them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use quick_xml::{Reader, events::Event};
use uuid::Uuid;

use super::{Message, atom, message, subject};
use crate::model::{
    bulletin::{Bulletin, Counted, FailingNotifier, JobTrouble, MOST_LINKS, Occasion},
    job::JobOutcome,
    passage::{Fate, Hold, Passage},
    report::{LinkReport, Report, RunSummary, SCHEMA_VERSION, Survival, TOTALS_DEFINITION, Totals},
    time::Timestamp,
    verdict::Class,
};

fn at(day: &str) -> Timestamp {
    Timestamp::parse(day).unwrap()
}

fn report(links: Vec<LinkReport>) -> Report {
    Report {
        schema_version: SCHEMA_VERSION,
        generated_at: at("2026-11-22"),
        new_since: Some(at("2026-11-20")),
        last_run: None,
        articles: Vec::new(),
        totals: Totals {
            definition: TOTALS_DEFINITION,
            ..Totals::default()
        },
        survival: Survival {
            definition: "",
            links: 0,
            lost: 0,
            unconfirmed: 0,
            left_out: 0,
            steps: Vec::new(),
        },
        hosts: Vec::new(),
        links,
        source_changes: Vec::new(),
        certificates: Vec::new(),
    }
}

fn link(n: usize, class: Class) -> LinkReport {
    let mut link = LinkReport::unvisited("a.md", &format!("https://example.org/{n}"), at("2026-01-01"));
    link.class = class;
    link
}

fn bulletin(classes: &[Class]) -> Bulletin {
    let links = classes.iter().enumerate().map(|(n, class)| link(n, *class)).collect();
    Bulletin::of(Occasion::News, "archive.db".into(), report(links))
}

fn failing(since: &str) -> FailingNotifier {
    FailingNotifier {
        name: "ops".into(),
        since: at(since),
        failures: 2,
        why: "refused".into(),
    }
}

#[test]
fn a_subject_says_what_is_to_be_done() {
    use Class::{Blocked, Changed, Dead, Excluded, Moved, Ok, Unchecked};
    for (classes, want) in [
        (&[Dead, Changed, Dead][..], "3 links need attention: 2 dead, 1 changed"),
        (&[Moved], "1 link needs attention: 1 moved"),
        (&[Blocked, Excluded], "2 links cannot be looked at"),
        (&[Ok, Ok], "2 links are fine again"),
        (&[Dead, Ok], "1 link needs attention: 1 dead; 1 link is fine again"),
        (&[Unchecked], "nothing is new"),
    ] {
        assert_eq!(subject(&bulletin(classes)), want, "{classes:?}");
    }
    let mut all = bulletin(&[Ok]);
    all.jobs.push(JobTrouble {
        job: "weekly\r\nBcc: everybody".into(),
        times: 1,
        outcome: JobOutcome::Failed,
        due_at: at("2026-11-21"),
        ended_at: at("2026-11-21"),
        exit_code: Some(1),
        log: None,
    });
    all.notifiers.push(failing("2026-11-21"));
    let want = "1 link is fine again; 1 job went wrong; 1 receiver cannot be told";
    assert_eq!(subject(&all), want, "nothing that somebody else has written");
    all.report.links[0].passages.push(Passage {
        hold: Hold::Quote,
        what: "words".into(),
        fate: Fate::Missing,
        last_seen: None,
        now: None,
    });
    let lacking = Bulletin::of(Occasion::News, String::new(), all.report);
    assert_eq!(subject(&lacking), "1 link needs attention: 1 without what is quoted");
}

#[test]
fn there_is_news_or_there_is_silence() {
    assert!(!bulletin(&[]).is_news());
    assert!(!bulletin(&[Class::Unchecked]).is_news());
    assert!(bulletin(&[Class::Ok]).is_news());
    let with = |change: &dyn Fn(&mut Bulletin)| {
        let mut bulletin = bulletin(&[]);
        change(&mut bulletin);
        bulletin.is_news()
    };
    assert!(with(&|b| b.notifiers.push(failing("2026-11-21"))));
    assert!(
        with(&|b| b.notifiers.push(failing("2026-11-20"))),
        "found at the very pass that told us"
    );
    assert!(!with(&|b| b.notifiers.push(failing("2026-11-19"))), "told before");
    let outage = |started: &str| {
        let run = RunSummary {
            uid: String::new(),
            kind: "check".into(),
            started_at: at(started),
            finished_at: None,
            outage: true,
        };
        with(&|b| b.report.last_run = Some(run.clone()))
    };
    assert!(outage("2026-11-21") && !outage("2026-11-19"));
}

#[test]
fn the_same_told_again_has_the_same_name() {
    let one = bulletin(&[Class::Dead]);
    let id = |bulletin: &Bulletin, receiver| message(bulletin, receiver, String::new()).id;
    let mut later = one.clone();
    later.report.generated_at = at("2026-11-23");
    assert_eq!(id(&one, "ops"), id(&later, "ops"));
    assert_ne!(id(&one, "ops"), id(&one, "desk"));
    assert_ne!(id(&one, "ops"), id(&bulletin(&[Class::Dead, Class::Ok]), "ops"));
    (later.occasion, later.report.generated_at) = (Occasion::Test, at("2026-11-24"));
    let test = id(&later, "ops");
    later.report.generated_at = at("2026-11-25");
    assert_ne!(test, id(&later, "ops"), "a test is a new message each time");
}

#[test]
fn of_very_many_links_some_are_left_out_and_counted() {
    let many = bulletin(&vec![Class::Dead; MOST_LINKS + 7]);
    let counted = Counted {
        attention: BTreeMap::from([(Class::Dead, MOST_LINKS as u64 + 7)]),
        ..Counted::default()
    };
    assert_eq!((many.report.links.len(), many.left_out()), (MOST_LINKS, 7));
    assert_eq!(many.counted, counted);
}

fn a_message(n: u128, subject: &str, text: &str) -> Message {
    Message {
        id: Uuid::from_u128(0x1000 + 2 * n),
        at: at("2026-11-22"),
        subject: subject.into(),
        text: text.into(),
        json: String::new(),
        links: vec![format!("https://example.org/?a=1&n={n}")],
    }
}

fn a_feed(count: u128) -> String {
    (0..count)
        .fold(None, |feed: Option<String>, n| {
            let message = a_message(n, &format!("subject {n}"), "text");
            Some(atom::grown(feed.as_deref(), "Links", &message).unwrap())
        })
        .unwrap()
}

/// The texts of the elements of that name, as a reader of XML has them.
fn elements(feed: &str, name: &str) -> Vec<String> {
    let mut reader = Reader::from_str(feed);
    let (mut found, mut inside) = (Vec::new(), None::<String>);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) if tag.name().as_ref() == name => inside = Some(String::new()),
            Event::End(tag) if tag.name().as_ref() == name => found.extend(inside.take()),
            Event::Text(text) => inside.iter_mut().for_each(|inside| inside.push_str(&text)),
            Event::GeneralRef(entity) => {
                let c = quick_xml::escape::unescape(&format!("&{};", &*entity))
                    .unwrap()
                    .into_owned();
                inside.iter_mut().for_each(|inside| inside.push_str(&c));
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

#[test]
fn a_feed_grows_at_its_head_and_forgets_at_its_end() {
    let feed = a_feed(3);
    assert_eq!(
        elements(&feed, "title"),
        ["Links", "subject 2", "subject 1", "subject 0"]
    );
    assert_eq!(
        elements(&feed, "id")[0],
        elements(&a_feed(1), "id")[0],
        "it stays the same feed"
    );
    assert_eq!(feed.matches("href=\"https://example.org/?a=1&amp;n=").count(), 3);
    let long = a_feed(atom::KEPT as u128 + 5);
    let titles = elements(&long, "title");
    assert_eq!((titles.len(), titles[1].as_str()), (atom::KEPT + 1, "subject 54"));
    assert_eq!(titles.last().unwrap(), "subject 5");
    let again = atom::grown(Some(&feed), "Links", &a_message(2, "subject 2", "text")).unwrap();
    assert_eq!(again, feed, "told again it is there once");
}

#[test]
fn what_is_not_ours_or_not_whole_is_not_written_over() {
    let feed = a_feed(2);
    let message = a_message(9, "new", "text");
    let refused = |text: &str| atom::grown(Some(text), "Links", &message).unwrap_err();
    for (text, why) in [
        ("", "no feed that Evercite"),
        ("some words", "no feed that Evercite"),
        ("<html><body>x</body></html>", "no Atom feed"),
        ("<rss version='2.0'></rss>", "no Atom feed"),
        ("<feed><id>x</id><generator>Evercite</generator></feed>", "no Atom feed"),
        (
            &feed.replace(">Evercite</generator>", ">another</generator>"),
            "no feed that Evercite",
        ),
        (&feed.replace("<id>", "<uid>").replace("</id>", "</uid>"), "no id"),
        (&feed.replacen("</entry>", "", 1), "damaged"),
        (&format!("{feed}{feed}"), "no Atom feed"),
    ] {
        assert!(refused(text).contains(why), "{text}: {}", refused(text));
    }
    // The last line feed may be missing.
    for end in (0..feed.len() - 1).filter(|end| feed.is_char_boundary(*end)) {
        refused(&feed[..end]);
    }
}

fn said() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        Just("]]></content></entry></feed><!--".to_owned()),
        Just("&amp;&lt;&#0;&#x1f;&bogus;&".to_owned()),
        Just("\u{0}\u{1}\u{8}\u{b}\u{1b}[2J\u{7f}\u{85}\u{fffe}\u{ffff}\r\n\t".to_owned()),
        Just("<script>alert(1)</script></pre>\"'".to_owned()),
        Just("\u{202e}漢字 \u{1f600}".to_owned()),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_is_said_stays_text_in_a_feed(subject in said(), text in said(), title in said(), url in said()) {
        let mut message = a_message(1, &subject, &text);
        message.links = vec![url];
        let feed = atom::grown(Some(&a_feed(2)), &title, &message).unwrap();
        let has_place = |c| matches!(c, '\n' | '\t' | ' '..='~' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..);
        prop_assert!(feed.chars().all(has_place));
        // It can be read back, and holds what it was given.
        let more = atom::grown(Some(&feed), &title, &a_message(7, "last", "text")).unwrap();
        prop_assert_eq!(elements(&more, "entry").len(), 3);
        let kept = |text: &str| -> String {
            let valid = |c: char| matches!(c, '\n' | '\t') || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'));
            text.chars().map(|c| if valid(c) { c } else { '\u{fffd}' }).collect()
        };
        prop_assert_eq!(&elements(&feed, "title")[1], &kept(&subject));
        let html = scraper::Html::parse_fragment(&elements(&feed, "content")[0]);
        let shown: String = html.root_element().text().collect();
        prop_assert_eq!(html.root_element().descendants().filter(|node| node.value().is_element()).count(), 2);
        // The parser of HTML drops a line feed at the beginning of `pre`.
        let want = kept(&text);
        prop_assert_eq!(shown.as_str(), want.strip_prefix('\n').unwrap_or(&want));
    }
}
