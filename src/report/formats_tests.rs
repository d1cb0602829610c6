//! Every format tells the same, and nothing that a page says breaks out of one.

use proptest::prelude::*;

use super::{
    super::{ArchiveName, Differences, Shell, report_html},
    *,
};
use crate::model::{
    difference::{Edited, Excerpt, Part, Piece},
    link::Place,
    report::{ArticleSummary, Survival, Totals},
    time::Timestamp,
};

fn a_link(class: Class, words: &str) -> LinkReport {
    LinkReport {
        class,
        status: Some(404),
        moved_to: Some(words.to_owned()),
        reason: format!("it says {words}"),
        since: Some(Timestamp::from_millis(0)),
        last_good: Some(Timestamp::from_millis(0)),
        notes: vec![words.to_owned()],
        anchor: words.to_owned(),
        places: vec![PlaceInArticle {
            ordinal: 1,
            line: Some(7),
            column: Some(3),
            section: None,
            place: Place::Main,
        }],
        ..LinkReport::unvisited(
            &format!("notes {words}.md"),
            &format!("https://example.org/{words}"),
            Timestamp::from_millis(0),
        )
    }
}

fn a_report(classes: &[Class], words: &str) -> Report {
    let links: Vec<LinkReport> = classes.iter().map(|class| a_link(*class, words)).collect();
    Report {
        schema_version: 1,
        generated_at: Timestamp::from_millis(0),
        new_since: None,
        last_run: None,
        articles: vec![ArticleSummary {
            article: format!("notes {words}.md"),
            title: words.to_owned(),
            cited_at: None,
            last_captured: None,
        }],
        totals: Totals {
            links: links.len() as u64,
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

#[test]
fn each_format_says_which_link_where_and_what() {
    let report = a_report(&[Class::Dead, Class::Moved, Class::Blocked, Class::Ok], "x");
    for (name, told, wanted) in [
        (
            "csv",
            csv(&report),
            vec!["notes x.md,https://example.org/x,dead,404,it says x,", ",x,7,3\n"],
        ),
        (
            "markdown",
            markdown(&report),
            vec![
                "## x\n\n`notes x.md`\n",
                "### dead (1)\n\n- `https://example.org/x` (line 7): it says x",
            ],
        ),
        (
            "junit",
            junit(&report),
            vec![
                "<testsuite name=\"notes x.md\" tests=\"4\" failures=\"1\" skipped=\"1\">",
                "<failure type=\"dead\" message=\"it says x; since 1970-01-01; now at x\"/>",
            ],
        ),
        (
            "sarif",
            sarif(&report),
            vec![
                "\"uri\": \"notes%20x.md\"",
                "\"startLine\": 7",
                "\"ruleId\": \"dead\"",
                "\"level\": \"warning\"",
            ],
        ),
        (
            "githu",
            github(&report),
            vec![
                "::error file=notes x.md,title=dead link,line=7,col=3::https://example.org/x: it says x; since",
                "::warning file=",
            ],
        ),
    ] {
        for part in wanted {
            assert!(told.contains(part), "{name} lacks {part:?}:\n{told}");
        }
    }
    assert_eq!(github(&report).lines().count(), 2);
}

#[test]
fn a_page_asks_for_nothing_and_runs_nothing_of_others() {
    let page = scraper::Html::parse_document(&a_page("x"));
    let policy = scraper::Selector::parse("meta[http-equiv=Content-Security-Policy]").unwrap();
    let policy: Vec<_> = page.select(&policy).filter_map(|meta| meta.attr("content")).collect();
    assert!(
        matches!(policy.as_slice(), [one] if one.starts_with("default-src 'none';")),
        "{policy:?}"
    );
    for of in [
        "[src]",
        "link",
        "iframe",
        "object",
        "[onclick]",
        "[onload]",
        "[onerror]",
    ] {
        assert_eq!(texts(&page, of), Vec::<String>::new(), "{of}");
    }
    assert_eq!(texts(&page, "script").len(), 1);
    assert_eq!(
        texts(&page, "code").len(),
        4,
        "commands for the copies of three links, and for what changed"
    );
}

#[test]
fn what_looks_like_markup_is_text() {
    for (said, want) in [
        (
            "*a* _b_ <i> [c](d) `e` #1",
            "\\*a\\* \\_b\\_ \\<i\\> \\[c\\](d) \\`e\\` \\#1",
        ),
        ("ask @someone", "ask @<!-- -->someone"),
        ("1. one", "1\\. one"),
        ("3 links", "3 links"),
    ] {
        assert_eq!(prose(said), want);
    }
    for (said, want) in [
        ("a", "`a`"),
        ("a`b``c", "```a`b``c```"),
        ("`a", "`` `a ``"),
        ("", "`  `"),
    ] {
        assert_eq!(code(said), want);
    }
}

/// Words as a hostile page would choose them.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@SUM(A1)",
        "\u{1b}[31m",
        "\u{9b}2J",
        "\u{7}",
        "\r\n",
        "\n::error::x",
        "\0",
        "\u{202e}",
        "\u{2066}",
        "\u{2028}",
        "<script>alert(1)</script>",
        "]]>",
        "&amp;",
        "\"",
        "'",
        "`",
        "```",
        "|",
        "**",
        "](x)",
        "<!--",
        "-->",
        "@team",
        "%0A",
        ",",
        ";",
        "\t",
        "\u{fffe}",
        "x",
        " ",
        "é",
    ]);
    prop::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat())
}

/// A page that says these words wherever it says something.
fn a_page(words: &str) -> String {
    let classes = [Class::Dead, Class::Changed, Class::Moved, Class::Ok];
    let mut report = a_report(&classes, words);
    report.links[0].url = format!("javascript:alert(1)//{words}");
    report.links[2].moved_to = Some(format!("https://example.org/now/{words}"));
    let (text, piece) = (words.to_owned(), |differs| Piece {
        text: words.to_owned(),
        differs,
    });
    let edited = Edited {
        before: vec![piece(false), piece(true)],
        after: vec![piece(false), piece(true)],
    };
    let parts = [
        Part::Removed { text: text.clone() },
        Part::Same { text: text.clone() },
        Part::Added { text },
        Part::Edited(edited),
    ];
    let at = Timestamp::from_millis(0);
    let mut differences = Differences::default();
    differences.excerpts.insert(1, Excerpt::of(at, at, &parts, 10_000));
    let archive = ArchiveName {
        path: words.to_owned(),
        shell: Shell::new(Some(words)),
    };
    report_html(&report, Some(&archive), &differences)
}

/// The names of all elements, in order, with those of their attributes.
fn structure(page: &scraper::Html) -> Vec<String> {
    let elements = page
        .root_element()
        .descendants()
        .filter_map(|node| node.value().as_element());
    elements
        .map(|element| {
            let attributes: Vec<&str> = element.attrs().map(|(name, _)| name).collect();
            format!("{} {}", element.name(), attributes.join(" "))
        })
        .collect()
}

fn texts(page: &scraper::Html, of: &str) -> Vec<String> {
    let selector = scraper::Selector::parse(of).unwrap();
    page.select(&selector).map(|element| element.text().collect()).collect()
}

proptest! {
    #[test]
    fn nothing_becomes_markup(words in hostile()) {
        let page = scraper::Html::parse_document(&a_page(&words));
        // Where there are no words, there is no line for them.
        let harmless = if words.is_empty() { "" } else { "x" };
        prop_assert_eq!(structure(&page), structure(&scraper::Html::parse_document(&a_page(harmless))));
        let said = printable(&words);
        let title = if words.is_empty() { "notes .md" } else { &said };
        prop_assert_eq!(texts(&page, "h1"), [format!("Links of {title}")]);
        prop_assert_eq!(texts(&page, "title"), [format!("Links of {title}")]);
        prop_assert_eq!(texts(&page, "del"), [said.clone(), said.clone()]);
        prop_assert_eq!(texts(&page, "ins"), [said.clone(), said]);
        let links = scraper::Selector::parse("[href]").unwrap();
        for link in page.select(&links) {
            prop_assert!(link.attr("href").is_some_and(|to| to.starts_with("https://")), "{link:?}");
        }
    }

    #[test]
    fn nothing_steers_or_breaks_out(words in hostile()) {
        let classes = [Class::Dead, Class::Changed, Class::Blocked];
        let report = a_report(&classes, &words);
        for told in [csv(&report), markdown(&report), junit(&report), sarif(&report), github(&report), a_page(&words)] {
            let steering = |c: char| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)
                || ('\u{2066}'..='\u{2069}').contains(&c));
            prop_assert!(!told.contains(steering), "{told:?}");
        }
        let text = csv(&report);
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let rows: Vec<_> = rows.records().collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(rows.len(), classes.len());
        for cell in rows.iter().flatten() {
            prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{cell:?}");
        }
        let text = junit(&report);
        let mut reader = quick_xml::Reader::from_str(&text);
        let (mut cases, mut others) = (0, 0);
        loop {
            match reader.read_event().unwrap() {
                quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag) => match tag.name().as_ref() {
                    "testcase" => cases += 1,
                    "testsuites" | "testsuite" | "failure" | "skipped" => {}
                    _ => others += 1,
                },
                quick_xml::events::Event::Eof => break,
                _ => {}
            }
        }
        prop_assert_eq!((cases, others), (classes.len(), 0));
        let parsed: Value = serde_json::from_str(&sarif(&report)).unwrap();
        prop_assert_eq!(parsed["runs"][0]["results"].as_array().unwrap().len(), classes.len());
        let commands = github(&report);
        prop_assert_eq!(commands.lines().count(), 2);
        prop_assert!(commands.lines().all(|line| line.starts_with("::error ") || line.starts_with("::warning ")));
        for event in pulldown_cmark::Parser::new(&markdown(&report)) {
            use pulldown_cmark::{Event, Tag, TagEnd};
            let harmless = match &event {
                Event::Start(tag) => matches!(tag, Tag::Paragraph | Tag::Heading { .. } | Tag::List(None) | Tag::Item),
                Event::End(tag) => {
                    matches!(tag, TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::List(false) | TagEnd::Item)
                }
                Event::InlineHtml(html) | Event::Html(html) => html.trim() == "<!-- -->",
                Event::Text(_) | Event::Code(_) | Event::SoftBreak => true,
                _ => false,
            };
            prop_assert!(harmless, "{event:?} in {}", markdown(&report));
        }
    }
}
