//! The source side: what an author did to the links between two visits, and who is told.

use serde_json::Value;

use crate::harness::{Answer, Evercite, LiveSite, Report, Site, citing, page, schema};

fn a_site() -> LiveSite {
    ["/a", "/b", "/c", "/d", "/e"]
        .into_iter()
        .fold(Site::new(), |site, path| site.page(path, path))
        .serve()
}

/// An article with a link for each `(address, words)`, under a heading.
fn article(links: &[(&str, &str)]) -> String {
    let sentences: Vec<String> = links
        .iter()
        .map(|(to, words)| format!("This is told in <a href=\"{to}\">{words}</a> at some length."))
        .collect();
    page("An article", &sentences.join("\n\n"))
}

/// The changes that the report tells by default, checked against the schema.
fn changes(evercite: &Evercite, more: &[&str]) -> Vec<Value> {
    let arguments = [&["report", "--format", "json", "--fail-on", "none"], more].concat();
    let report = Report::of(&evercite.ok(&arguments));
    schema::assert_valid(&report.0, "report.schema.json");
    report.0["source_changes"].as_array().expect("a list").clone()
}

/// What, of which path, with which words before and after, and where it leads now.
fn told(changes: &[Value], site: &LiveSite) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").replace(&site.url(""), "");
    changes
        .iter()
        .map(|change| {
            let fields = ["what", "url", "anchor_before", "anchor_after", "now_url"];
            fields.map(|field| text(&change[field])).join(" ")
        })
        .collect()
}

#[test]
fn an_edited_article_tells_what_was_done_to_its_links() {
    let (site, evercite) = (a_site(), Evercite::new());
    site.set(
        "/article",
        Answer::html(article(&[
            ("/a", "the survey"),
            ("/b", "the audit"),
            ("/c", "the minutes"),
            ("/d", "the map"),
        ])),
    );
    evercite.ok(&["snapshot", &site.url("/article")]);
    assert_eq!(
        changes(&evercite, &["--all"]),
        Vec::<Value>::new(),
        "a first version changes nothing"
    );

    site.set(
        "/article",
        Answer::html(article(&[
            ("/a", "a survey of 2019"),
            ("/e", "the audit"),
            ("/c", "the minutes"),
        ])),
    );
    site.set("/b", Answer::status(404));
    evercite.ok(&["check"]);
    let found = changes(&evercite, &[]);
    assert_eq!(
        told(&found, &site),
        [
            "anchor-changed /a the survey a survey of 2019 -",
            "retargeted /b the audit the audit /e",
            "removed /d the map - -",
        ]
    );
    let report = evercite.report();
    report.adds_up();
    for (path, state, now) in [
        ("/a", "present", Value::Null),
        ("/b", "retargeted", site.url("/e").into()),
        ("/d", "removed", Value::Null),
        ("/e", "present", Value::Null),
    ] {
        let link = report.link(&site.url(path));
        assert_eq!(
            (&link["state"], &link["retargeted_to"]),
            (&state.into(), &now),
            "{path}"
        );
    }
    let text = evercite.run(&["report"]).exits(0).stdout;
    for words in [
        "CHANGES IN THE ARTICLE SINCE 20",
        "(3)",
        "now cited as “a survey of 2019”; it was “the survey”",
        "no longer cited; it was “the map”",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }

    // Nothing was done since.
    site.forget();
    evercite.ok(&["check"]);
    assert_eq!(
        (site.times("/b"), site.times("/c")),
        (0, 1),
        "what is no longer cited is not visited"
    );
    assert_eq!(changes(&evercite, &[]), Vec::<Value>::new());
    assert!(!evercite.ok(&["report"]).stdout.contains("CHANGES IN THE ARTICLE"));
    assert_eq!(changes(&evercite, &["--all"]).len(), 3, "what was kept stays");

    // And back again.
    site.set(
        "/article",
        Answer::html(article(&[
            ("/a", "a survey of 2019"),
            ("/b", "the audit"),
            ("/c", "the minutes"),
            ("/d", "the map"),
        ])),
    );
    evercite.run(&["check"]).exits(2);
    assert_eq!(
        told(&changes(&evercite, &[]), &site),
        [
            "retargeted /e the audit the audit /b",
            "restored /b - the audit -",
            "restored /d - the map -"
        ]
    );
    let report = evercite.report();
    assert_eq!(
        report.class(&site.url("/b")),
        "dead",
        "cited again, it is visited again"
    );
    assert_eq!(report.link(&site.url("/e"))["state"], "retargeted");
    let history = evercite.query("SELECT what, url, now_url, at, since FROM source_history");
    assert_eq!(history.len(), 6, "{history:#?}");
    assert!(
        history
            .iter()
            .all(|row| row["since"].as_str() <= row["at"].as_str() && row["since"].is_string())
    );
    assert!(evercite.is_sound());
}

#[test]
fn a_file_is_compared_with_what_it_was() {
    let (site, evercite) = (a_site(), Evercite::new());
    let (a, b, c) = (site.url("/a"), site.url("/b"), site.url("/c"));
    evercite.write(
        "notes.md",
        format!("# Notes\n\nSee [here]({a}), [here]({b}#part) and <{c}>.\n"),
    );
    evercite.ok(&["snapshot", "notes.md"]);
    let d = site.url("/d");
    evercite.write(
        "notes.md",
        format!("# Notes\n\nSee [here]({a}), [here]({d}#other) and <{c}>.\n\n[More]({b}).\n"),
    );
    let text = evercite.ok(&["check", "notes.md"]).stdout;
    assert!(text.contains("CHANGES IN THE ARTICLE"), "{text}");
    let found = changes(&evercite, &["--article", "notes.md"]);
    assert_eq!(
        told(&found, &site),
        ["retargeted /b here here /d", "added /b - More -"],
        "the same page with another fragment is another citation"
    );
    assert_eq!(
        (&found[0]["fragment"], &found[0]["now_fragment"]),
        (&"part".into(), &"other".into())
    );
    let link = evercite.report();
    let link = link.link(&format!("{b}#part"));
    assert_eq!(link["retargeted_to"], format!("{d}#other"));
}

#[test]
fn each_article_is_told_of_since_its_own_last_visit() {
    let (site, evercite) = (a_site(), Evercite::new());
    for name in ["one.md", "two.md"] {
        evercite.write(name, format!("[a]({})", site.url("/a")));
    }
    evercite.ok(&["snapshot", "one.md", "two.md"]);
    evercite.write("one.md", format!("[b]({})", site.url("/b")));
    evercite.ok(&["check", "one.md"]);
    evercite.write("two.md", format!("[c]({})", site.url("/c")));
    evercite.ok(&["check", "two.md"]);
    let articles: Vec<Value> = changes(&evercite, &[])
        .iter()
        .map(|change| change["article"].clone())
        .collect();
    assert_eq!(articles, ["one.md", "one.md", "two.md", "two.md"]);
    let one = changes(&evercite, &["--article", "one.md"]);
    assert_eq!(told(&one, &site), ["removed /a a - -", "added /b - b -"]);
    // What was told of one article in a run that found it unchanged is over; of the other it is not.
    evercite.ok(&["check", "one.md"]);
    let articles: Vec<Value> = changes(&evercite, &[])
        .iter()
        .map(|change| change["article"].clone())
        .collect();
    assert_eq!(articles, ["two.md", "two.md"]);
}

#[test]
fn what_changes_around_an_article_is_told_only_when_asked_for() {
    let (site, evercite) = (a_site(), Evercite::new());
    let with_menu = |to: &str| {
        let menu = format!("<body><nav><ul><li><a href=\"{to}\">The newest</a></li></ul></nav>");
        article(&[("/a", "the survey")]).replace("<body>", &menu)
    };
    site.set("/article", Answer::html(with_menu("/b")));
    evercite.ok(&["snapshot", &site.url("/article")]);
    site.set("/article", Answer::html(with_menu("/c")));
    evercite.ok(&["check"]);
    assert_eq!(changes(&evercite, &[]), Vec::<Value>::new());
    let all = changes(&evercite, &["--all"]);
    assert_eq!(told(&all, &site), ["retargeted /b The newest The newest /c"]);
    assert_eq!(all[0]["place"], "around");
}

#[test]
fn what_we_read_otherwise_is_not_the_authors_doing() {
    let (site, evercite) = (a_site(), Evercite::new());
    evercite.write("notes.md", "[a](a)");
    let (one, other) = (site.url("/"), site.url("/folder/"));
    evercite.ok(&["snapshot", "notes.md", "--base-url", &one]);
    evercite.ok(&["snapshot", "notes.md", "--base-url", &other]);
    assert_eq!(evercite.report().link(&site.url("/a"))["state"], "removed");
    assert_eq!(
        changes(&evercite, &["--all"]),
        Vec::<Value>::new(),
        "the file is the same"
    );
}

#[test]
fn an_article_out_of_reach_has_done_nothing() {
    let (site, evercite) = (a_site(), Evercite::new());
    site.set("/article", Answer::html(citing(&["/a", "/b"])));
    evercite.ok(&["snapshot", &site.url("/article")]);
    for answer in [Answer::status(503), Answer::status(404), Answer::status(403)] {
        site.set("/article", answer);
        evercite.run(&["check"]).exits(1);
    }
    assert_eq!(changes(&evercite, &["--all"]), Vec::<Value>::new());
    site.set("/article", Answer::html(citing(&["/a"])));
    evercite.ok(&["check"]);
    let found = changes(&evercite, &[]);
    assert_eq!(told(&found, &site), ["removed /b link 2 - -"]);
    let first = evercite.query("SELECT min(at) AS at FROM page_history WHERE purpose = 'article'");
    assert_eq!(
        found[0]["since"], first[0]["at"],
        "since it was last read, not since it last failed"
    );
}

#[test]
fn words_of_an_article_cannot_steer_the_terminal() {
    let (site, evercite) = (a_site(), Evercite::new());
    site.set(
        "/article",
        Answer::html(article(&[("/a", "the\u{1b}[2J survey"), ("/b", "b")])),
    );
    evercite.ok(&["snapshot", &site.url("/article")]);
    site.set("/article", Answer::html(article(&[("/b", "\u{9b}31mred")])));
    for ran in [evercite.ok(&["check"]), evercite.ok(&["report", "--all"])] {
        assert!(ran.stdout.contains("CHANGES IN THE ARTICLE"), "{ran}");
        let control = ran.stdout.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(control, None, "{ran:?}");
        for line in ran.stdout.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
