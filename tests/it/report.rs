//! `report`: text for people, JSON for machines, and the exit code.

use serde_json::Value;

use crate::harness::{Answer, Evercite, LiveSite, NOBODY, Site, citing, page, prose, schema};

fn a_site_with_findings() -> LiveSite {
    let long = format!(
        "/a-very-long-path/{}/end-of-it.html?with=a&query={}",
        "segment/".repeat(20),
        "x".repeat(60)
    );
    Site::new()
        .page("/ok", page("Fine", &prose("gate", 3)))
        .gone("/gone")
        .status(&long, 404)
        .status("/wall", 403)
        .redirect(301, "/old", "/ok")
        .page(
            "/article",
            citing(&[
                "/ok",
                "/gone",
                &long,
                "/wall",
                "/old",
                NOBODY,
                "mailto:a@example.org",
                "#",
            ]),
        )
        .serve()
}

#[test]
fn text_fits_a_terminal_and_carries_no_colours_when_piped() {
    let (site, evercite) = (a_site_with_findings(), Evercite::new());
    let outputs = [
        evercite.ok(&["snapshot", &site.url("/article")]),
        evercite.run(&["report"]).exits(2),
        evercite.run(&["report", "--all"]).exits(2),
        evercite.run(&["check"]).exits(2),
    ];
    for ran in outputs {
        for line in ran
            .stdout
            .lines()
            .filter(|line| !line.starts_with("Kept ") && !line.starts_with("Next: "))
        {
            assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
        }
        assert!(!ran.stdout.contains('\x1b') && !ran.stderr.contains('\x1b'), "{ran}");
        for word in [
            "DEAD (2)",
            "BLOCKED (1)",
            "MOVED (1)",
            "SUSPECT (1)",
            "8 links",
            "gone for good (410)",
        ] {
            assert!(ran.stdout.contains(word), "{word}: {ran}");
        }
    }
}

#[test]
fn what_to_do_next_fits_a_terminal_too() {
    let (site, evercite) = (a_site_with_findings(), Evercite::new());
    let next = evercite.ok(&["snapshot", &site.url("/article")]).stdout;
    assert!(next.contains("Next: "), "{next}");
    for line in next.lines().skip_while(|line| !line.starts_with("Next: ")) {
        assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
    }
}

#[test]
fn text_leaves_out_what_is_fine_unless_asked_for_all() {
    let (site, evercite) = (a_site_with_findings(), Evercite::new());
    evercite.ok(&["snapshot", &site.url("/article")]);
    let short = evercite.run(&["report"]).exits(2).stdout;
    let long = evercite.run(&["report", "--all"]).exits(2).stdout;
    for word in ["OK (1)", "SKIPPED (2)", "mailto:a@example.org"] {
        assert!(!short.contains(word) && long.contains(word), "{word}");
    }
}

#[test]
fn json_has_every_field_of_the_schema() {
    let (site, evercite) = (a_site_with_findings(), Evercite::new());
    evercite.ok(&["snapshot", &site.url("/article")]);
    let report = evercite.report();
    report.adds_up();
    schema::assert_valid(&report.0, "report.schema.json");
    let fields = [
        "article",
        "url",
        "class",
        "transport",
        "access",
        "resource",
        "content",
        "status",
        "final_url",
        "hops",
        "first_seen",
        "last_checked",
        "last_good",
        "anchor",
        "evidence",
        "reason",
        "since",
        "confirmed",
        "state",
        "baseline",
        "places",
        "fragment",
        "scores",
    ];
    for link in report.links() {
        for field in fields {
            assert!(link.get(field).is_some(), "{field} is missing: {link:#}");
        }
    }
    for field in ["definition", "links", "checked", "removed", "by_class", "saved"] {
        assert!(report.0["totals"].get(field).is_some(), "{field}");
    }
    let ok = report.link(&site.url("/ok"));
    assert!(
        ok["last_good"].is_string() && ok["baseline"]["captured_at"].is_string(),
        "{ok:#}"
    );
    assert_eq!(report.link(&site.url("/gone"))["last_good"], Value::Null);
    // The same words everywhere: in JSON, in the view, in the text.
    for row in evercite.query("SELECT url, class FROM current_verdict") {
        let url = row["url"].as_str().expect("a url");
        assert_eq!(row["class"].as_str(), Some(report.class(url)), "{url}");
    }
}

#[test]
fn fail_on_chooses_what_the_exit_code_is_about() {
    let (site, evercite) = (a_site_with_findings(), Evercite::new());
    evercite.ok(&["snapshot", &site.url("/article")]);
    for (classes, code) in [
        ("dead", 2),
        ("none", 0),
        ("changed,replaced", 0),
        ("blocked", 2),
        ("suspect, moved", 2),
        ("alive", 3),
    ] {
        let ran = evercite.run(&["report", "--fail-on", classes]).exits(code);
        if code == 3 {
            ran.complains_clearly();
        }
    }
    assert_eq!(evercite.ok(&["report", "--fail-on", "none", "--quiet"]).stdout, "");
}

#[test]
fn output_goes_to_a_file_when_asked() {
    let (site, evercite) = (a_site_with_findings(), Evercite::new());
    evercite.ok(&[
        "snapshot",
        &site.url("/article"),
        "--format",
        "json",
        "--output",
        "links.json",
    ]);
    let written = std::fs::read_to_string(evercite.path("links.json")).expect("the file");
    let report: Value = serde_json::from_str(&written).expect("JSON");
    assert_eq!(report["totals"]["links"], 8);
    let ran = evercite.run(&["report", "--output", "report.txt"]).exits(2);
    assert_eq!(ran.stdout, "");
    assert!(std::fs::read_to_string(evercite.path("report.txt")).is_ok_and(|text| text.contains("DEAD (2)")));
}

#[test]
fn one_article_can_be_reported_alone() {
    let site = Site::new().gone("/gone").page("/ok", "fine").serve();
    let evercite = Evercite::new();
    evercite.write("bad.md", format!("[x]({})", site.url("/gone")));
    evercite.write("good.md", format!("[x]({})", site.url("/ok")));
    evercite.ok(&["snapshot", "bad.md", "good.md"]);
    evercite.run(&["report", "--article", "bad.md"]).exits(2);
    let good = evercite.ok(&["report", "--article", "good.md", "--all"]).stdout;
    assert!(
        good.contains(&site.url("/ok")) && !good.contains(&site.url("/gone")),
        "{good}"
    );
    evercite.ok(&["report", "--article", "goo"]);
    evercite
        .run(&["report", "--article", ".md"])
        .exits(3)
        .complains_clearly();
    evercite
        .run(&["report", "--article", "other.md"])
        .exits(3)
        .complains_clearly();
}

#[test]
fn a_report_never_writes() {
    let (site, evercite) = (a_site_with_findings(), Evercite::new());
    evercite.ok(&["snapshot", &site.url("/article")]);
    let before = std::fs::read(evercite.archive()).expect("the archive");
    evercite.run(&["report", "--all"]).exits(2);
    evercite.run(&["report", "--format", "json"]).exits(2);
    assert!(std::fs::read(evercite.archive()).is_ok_and(|after| after == before));
}

#[test]
fn control_characters_of_a_page_do_not_reach_the_terminal() {
    let site = Site::new().gone("/gone").serve();
    let title = "Harmless\u{1b}[31m\u{7}title";
    let html = format!("<title>{title}</title><h1>x\u{1b}]0;y\u{7}</h1><p><a href=/gone>\u{1b}[2Jwiped\u{9b}</a></p>");
    site.set("/article", Answer::html(html));
    let evercite = Evercite::new();
    let snapshot = evercite.ok(&["snapshot", &site.url("/article")]);
    for ran in [
        snapshot,
        evercite.run(&["report", "--all"]),
        evercite.ok(&["list"]),
        evercite.ok(&["search", "wiped"]),
    ] {
        let control = ran.stdout.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(control, None, "{ran:?}");
    }
}

#[test]
fn every_format_tells_of_the_same_links() {
    let evercite = Evercite::new();
    evercite.ok(&["demo", "--quiet"]);
    let dead = "http://www.harbour-museum.example/exhibitions/promised-crossings";
    for (format, begins) in [
        ("csv", "article,url,class,"),
        ("markdown", "26 links: 5 dead"),
        ("junit", "<?xml version=\"1.0\""),
        ("sarif", "{\n  \"$schema\""),
        ("github", "::"),
    ] {
        let told = evercite.run(&["report", "--format", format]).exits(2);
        assert!(told.stdout.starts_with(begins), "{format}: {told}");
        assert!(told.stdout.contains(dead), "{format}: {told}");
    }
}
