//! What a page said over time: `history`, `diff`, and moments as people write them.

use crate::harness::{Answer, Evercite, LiveSite, Site, citing, page, prose, schema};

fn text(percent: u32, ending: &str) -> String {
    let body = format!(
        "{} <p>Profits rose by {percent} percent in May.</p> {ending} {}",
        prose("before", 80),
        prose("after", 80)
    );
    page(&format!("Profits of {percent}"), &body)
}

/// Four visits: as cited, the same, gone, back with another number and another link.
fn archived() -> (LiveSite, Evercite, String) {
    let (site, evercite) = (
        Site::new().page("/article", citing(&["/source".to_owned()])).serve(),
        Evercite::new(),
    );
    let old = "<p>See <a href='/old'>the old one</a>.</p>";
    let new = "<p>See <a href='/new'>the new one</a>.</p>";
    site.set("/source", Answer::html(text(10, old)));
    evercite.ok(&["snapshot", &site.url("/article")]);
    evercite.ok(&["check", "--fail-on", "none"]);
    site.set("/source", Answer::html("not here").under(404));
    evercite.ok(&["check", "--fail-on", "none"]);
    site.set("/source", Answer::html(text(4, new)));
    evercite.ok(&["check", "--fail-on", "none"]);
    let source = site.url("/source");
    (site, evercite, source)
}

#[test]
fn a_timeline_has_captures_versions_and_verdicts() {
    let (site, evercite, source) = archived();
    let told = evercite.ok(&["history", &source]).stdout;
    for part in [
        "4 captures, 2 versions",
        "version 1: Profits of 10",
        "version 1 again",
        "404",
        "version 2: Profits of 4",
        "baseline",
        "CHANGED",
    ] {
        assert!(told.contains(part), "{part:?} in {told}");
    }
    let history = evercite.ok(&["history", &source, "--format", "json", "--all"]).json();
    schema::assert_valid(&history, "history.schema.json");
    let events = history["events"].as_array().expect("events");
    let captured: Vec<_> = events.iter().filter(|event| event["what"] == "captured").collect();
    let statuses: Vec<_> = captured.iter().map(|event| event["status"].as_u64()).collect();
    assert_eq!(statuses, [Some(200), Some(200), Some(404), Some(200)]);
    let versions: Vec<_> = captured.iter().map(|event| event["version"].as_u64()).collect();
    assert_eq!(versions, [Some(1), Some(1), None, Some(2)]);
    assert!(
        events
            .iter()
            .any(|event| event["what"] == "judged" && event["class"] == "changed"),
        "{history}"
    );

    let article = evercite.ok(&["history", &site.url("/article")]).stdout;
    assert!(article.contains("4 captures, 1 version"), "{article}");
    let never = evercite.run(&["history", &site.url("/never")]);
    assert_eq!(never.code, Some(1), "{never}");
    assert!(never.stderr.contains("was never captured"), "{never}");
}

#[test]
fn a_difference_is_told_in_sentences_and_words() {
    let (site, evercite, source) = archived();
    let told = evercite.ok(&["diff", &source]).stdout;
    for part in [
        "[-10-]{+4+} percent",
        "LINKS ADDED (1)",
        "/new (the new one)",
        "LINKS REMOVED (1)",
        "/old",
    ] {
        assert!(told.contains(part), "{part:?} in {told}");
    }
    let json = evercite.ok(&["diff", &source, "--format", "json"]).json();
    schema::assert_valid(&json, "difference.schema.json");
    assert_eq!(json["links_added"][0]["url"], site.url("/new"));
    let unified = evercite.ok(&["diff", &source, "--format", "unified"]).stdout;
    assert!(
        unified.contains("\n-Profits rose by 10 percent in May.\n+Profits rose by 4 percent in May.\n"),
        "{unified}"
    );
    let html = evercite.ok(&["diff", &source, "--format", "html"]).stdout;
    assert!(
        html.contains("<del>10</del>") && html.contains("<ins>4</ins>"),
        "{html}"
    );
    let of_source = evercite.ok(&["diff", &source, "--html", "--format", "unified"]).stdout;
    assert!(of_source.contains("<p>Profits rose by 10 percent"), "{of_source}");
    // Nothing good came in between: a page that is gone is no version of it.
    let now = evercite.ok(&["diff", &source, "--from", "now", "--to", "now"]).stdout;
    assert!(
        now.contains("one good copy") || now.contains("Nothing differs"),
        "{now}"
    );
}

#[test]
fn moments_are_read_as_people_write_them() {
    let (_site, evercite, source) = archived();
    for (at, code) in [
        ("now", 0),
        ("today", 0),
        ("3 weeks ago", 1),
        ("yesterday", 1),
        ("2016-02", 1),
        ("soon", 3),
    ] {
        let ran = evercite.run(&["show", &source, "--at", at]);
        assert_eq!(ran.code, Some(code), "{at}: {ran}");
    }
    let wrong = evercite.run(&["diff", &source, "--from", "now", "--to", "3 weeks ago"]);
    assert_eq!(wrong.code, Some(1), "{wrong}");
}
