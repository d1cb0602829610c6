//! What a page says reaches no terminal and no markup as anything but text: differences, timelines, found pages, fixes.

use proptest::prelude::*;
use scraper::{Html, Selector};

use super::{Style, difference, difference_html, fixes, search, timeline, unified};
use crate::model::{
    difference::{Difference, Edited, LinkedAddress, Part, Piece, Side, Unit},
    fix::{FixedFile, Left},
    search::{FoundVersion, SearchHit},
    time::Timestamp,
    timeline::{Captured, Event, Judged, Timeline},
    verdict::{Access, Class, Transport},
};

const STYLES: [Style; 2] = [
    Style {
        width: 60,
        colour: false,
    },
    Style {
        width: 80,
        colour: true,
    },
];

/// Pieces that mean something somewhere, among words.
fn said() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\u{1b}[2J\u{1b}]0;title\u{7}"),
        Just("\u{202e}\u{2066}\u{200f}"),
        Just("\u{9b}31m\u{85}\u{0}\r"),
        Just("<script>alert(1)</script><img src=x onerror=alert(1)>"),
        Just("</td></table><a href='javascript:alert(1)'>x</a>"),
        Just("\"'><&amp;&#x3c;"),
        Just("</style></title></script><!--"),
        Just("@@ -1,1 +1,1 @@\n--- a\n+++ b\n"),
        Just("words as they are"),
        Just("漢字 и буквы"),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.join(" "))
}

fn told(text: &str) -> Difference {
    let at = Timestamp::from_millis(1_700_000_000_000);
    let side = |n: u8| Side {
        captured_at: at,
        final_url: format!("https://example.org/{n}?{text}"),
        title: text.into(),
        payload_sha256: n.to_string(),
    };
    let edited = || Edited {
        before: vec![Piece {
            text: text.into(),
            differs: true,
        }],
        after: vec![
            Piece {
                text: "stays ".into(),
                differs: false,
            },
            Piece {
                text: text.into(),
                differs: true,
            },
        ],
    };
    let part = || text.to_owned();
    Difference {
        schema_version: 1,
        url: format!("https://example.org/{text}"),
        from: side(1),
        to: side(2),
        unit: Unit::Sentence,
        title: Some(edited()),
        parts: vec![
            Part::Same { text: part() },
            Part::Removed { text: part() },
            Part::Added { text: part() },
            Part::Edited(edited()),
        ],
        links_added: vec![LinkedAddress {
            url: format!("javascript:alert({text})"),
            anchor: part(),
        }],
        links_removed: Vec::new(),
    }
}

fn happened(text: &str) -> Timeline {
    let at = Timestamp::from_millis(1_700_000_000_000);
    Timeline {
        schema_version: 1,
        url: format!("https://example.org/{text}"),
        captures: 1,
        versions: 1,
        events: vec![
            Event::Captured(Captured {
                at,
                until: at,
                times: 2,
                status: Some(200),
                transport: Transport::Ok,
                access: Access::Open,
                final_url: Some(text.into()),
                version: Some(1),
                is_new: true,
                title: Some(text.into()),
                payload_sha256: None,
                payload_length: Some(1),
                detail: Some(text.into()),
            }),
            Event::Judged(Judged {
                at,
                article: text.into(),
                fragment: None,
                class: Class::Dead,
                reason: text.into(),
                confirmed: false,
            }),
        ],
    }
}

fn found(text: &str) -> SearchHit {
    let at = Timestamp::from_millis(1_700_000_000_000);
    SearchHit {
        url: format!("https://example.org/{text}"),
        title: text.into(),
        first_captured: at,
        last_captured: at,
        versions: vec![FoundVersion {
            first_captured: at,
            last_captured: at,
        }],
        still_there: false,
        class: Some(Class::Dead),
        snippet: format!("[{text}] {text}"),
    }
}

fn fixed(text: &str) -> FixedFile {
    FixedFile {
        file: text.into(),
        fixes: Vec::new(),
        left: vec![Left {
            line: 1,
            url: text.into(),
            class: Class::Dead,
            why: text.into(),
        }],
        backup: None,
    }
}

/// The text without the escapes that set our own colours.
fn without_colours(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        out.push_str(before);
        let end = after
            .find('m')
            .filter(|end| after[..*end].chars().all(|c| c.is_ascii_digit() || c == ';'));
        match end {
            Some(end) => rest = &after[end + 1..],
            None => {
                out.push('\u{1b}');
                rest = after;
            }
        }
    }
    out + rest
}

fn steers(c: char) -> bool {
    c != '\n' && c != '\t' && c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

proptest! {
    #[test]
    fn nothing_steers_a_terminal(text in said()) {
        for style in STYLES {
            for out in [
                difference(&told(&text), style),
                unified(&told(&text)),
                timeline(&happened(&text), style),
                search(&[found(&text)], style),
                fixes(&fixed(&text)),
            ] {
                let plain = if style.colour { without_colours(&out) } else { out.clone() };
                prop_assert!(!plain.chars().any(steers), "{out:?}");
            }
        }
    }

    #[test]
    fn a_line_of_a_unified_diff_is_one_line(text in said()) {
        for line in unified(&told(&text)).lines() {
            let begins = ["--- ", "+++ ", "@@ ", " ", "-", "+"].iter().any(|sign| line.starts_with(sign));
            prop_assert!(begins, "{line:?}");
        }
    }

    #[test]
    fn nothing_becomes_markup(text in said()) {
        let page = Html::parse_document(&difference_html(&told(&text)));
        let count = |selector: &str| page.select(&Selector::parse(selector).unwrap()).count();
        prop_assert_eq!(count("script, img, iframe, [onerror], [onclick]"), 0);
        prop_assert_eq!(count("title"), 1);
        let links: Vec<_> = page.select(&Selector::parse("a").unwrap()).map(|link| link.value().attr("href")).collect();
        prop_assert!(links.iter().all(|href| href.is_some_and(|href| href.starts_with("https://example.org/"))), "{links:?}");
        // All of it is there to be read.
        let removed: String = page.select(&Selector::parse("del").unwrap()).next_back().unwrap().text().collect();
        prop_assert_eq!(removed, super::printable(&text).replace('\r', "\u{fffd}"));
    }
}
