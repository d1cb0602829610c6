//! `explain`: the ledger, the evidence, and what would change the verdict.

use serde_json::Value;

use crate::harness::{Answer, Evercite, LiveSite, NOBODY, Ran, Site, citing, page, prose, schema};

/// A site whose article cites a page of every class, visited twice: `/edited` and `/rewritten` said something
/// else the first time.
fn an_archive() -> (LiveSite, Evercite) {
    let site = Site::new()
        .robots("User-agent: *\nAllow: /\nDisallow: /private*.html$")
        .page("/ok", page("Fine", &prose("gate", 5)))
        .page("/edited", page("Edited", &prose("tower", 40)))
        .page("/rewritten", page("Rewritten", &prose("mill", 20)))
        .gone("/gone")
        .status("/wall", 403)
        .redirect(301, "/old", "/ok")
        .page("/private/x.html", "secret")
        .page(
            "/article",
            citing(&[
                "/ok",
                "/edited",
                "/rewritten",
                "/gone",
                "/wall",
                "/old",
                "/private/x.html",
                "/left-out",
                NOBODY,
                "mailto:a@example.org",
            ]),
        )
        .serve();
    let evercite = Evercite::new();
    let leave_out = ["--exclude", "/left-out$"];
    evercite.ok(&[&["snapshot", &site.url("/article")][..], &leave_out].concat());
    let edited = prose("tower", 40).replacen("for 49 reasons", "for 50 reasons", 1);
    site.set("/edited", Answer::html(page("Edited", &edited)));
    site.set("/rewritten", Answer::html(page("Other", &prose("casino", 20))));
    evercite.run(&[&["check"][..], &leave_out].concat()).exits(2);
    (site, evercite)
}

fn explained(evercite: &Evercite, arguments: &[&str]) -> Value {
    let ran = evercite.ok(&[&["explain", "--format", "json"], arguments].concat());
    let value = ran.json();
    schema::assert_valid(&value, "explain.schema.json");
    value
}

#[test]
fn every_class_is_explained() {
    let (site, evercite) = an_archive();
    for (url, class, words) in [
        (
            site.url("/ok"),
            "ok",
            &["makes it changed", "the first good one", "evercite --archive"][..],
        ),
        (
            site.url("/edited"),
            "changed",
            &[
                "similarity 0.",
                "says again what it said on 20",
                "Held against",
                "to be confirmed on another day",
            ],
        ),
        (site.url("/rewritten"), "replaced", &["another text", "it is changed"]),
        (
            site.url("/gone"),
            "dead",
            &[
                "gone for good (410)",
                "Seen once more on another day (20",
                "no good copy was ever had",
                "revives it",
            ],
        ),
        (
            site.url("/wall"),
            "blocked",
            &["never ages into dead", "--user-agent", "--accept 403"],
        ),
        (site.url("/old"), "moved", &["Cite http", "redirects: 301"]),
        (
            site.url("/private/x.html"),
            "excluded",
            &[
                "Disallow: /private*.html$",
                "robots.txt is read again",
                "robots = \"ignore\"",
            ],
        ),
        (
            site.url("/left-out"),
            "excluded",
            &["excluded by the pattern \"/left-out$\"", "--exclude"],
        ),
        (
            NOBODY.to_owned(),
            "suspect",
            &["Strike 1 of 3: the next failure counts from 20", "at the earliest"],
        ),
        (
            "mailto:a@example.org".to_owned(),
            "skipped",
            &["a mail address", "Nothing: only an http"],
        ),
    ] {
        let text = evercite.ok(&["explain", &url]).stdout;
        assert!(text.contains(&class.to_uppercase()), "{class}: {text}");
        for words in words {
            // Lines are broken anywhere; and no word of it is to be looked for across two lines.
            let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(flat.contains(words), "{class}: {words:?} is not said:\n{text}");
        }
        for line in text.lines().filter(|line| !line.contains("evercite --archive ")) {
            assert!(line.chars().count() <= 80 && !line.contains('\x1b'), "{line}");
        }
        let value = explained(&evercite, &[&url]);
        assert_eq!(value["links"][0]["link"]["class"], class);
        assert_eq!(value["links"][0]["link"]["article"], site.url("/article"));
        assert!(
            value["links"][0]["outlook"]
                .as_array()
                .is_some_and(|said| !said.is_empty())
        );
        if class != "skipped" {
            let link = evercite.report();
            assert_eq!(&value["links"][0]["link"], link.link(&url), "as the report has it");
        }
    }
}

#[test]
fn the_ledger_and_the_visits_are_told_in_order() {
    let (site, evercite) = (
        Site::new().page("/s", page("S", &prose("well", 30))).serve(),
        Evercite::new(),
    );
    evercite.write("notes.md", format!("[source]({})", site.url("/s")));
    evercite.ok(&["snapshot", "notes.md"]);
    evercite.ok(&["check"]);
    site.set("/s", Answer::status(404));
    evercite.run(&["check"]).exits(2);
    site.set("/s", Answer::html(page("S", &prose("well", 30))));
    evercite.ok(&["check"]);
    let value = explained(&evercite, &[&site.url("/s")]);
    let link = &value["links"][0];
    let ledger: Vec<(&str, bool)> = link["ledger"]
        .as_array()
        .expect("a ledger")
        .iter()
        .map(|entry| (entry["class"].as_str().unwrap_or(""), entry["current"] == true))
        .collect();
    assert_eq!(ledger, [("ok", false), ("dead", false), ("ok", true)], "{link:#}");
    let visits = value["addresses"][0]["visits"].as_array().expect("visits").clone();
    let statuses: Vec<Option<u64>> = visits.iter().map(|visit| visit["status"].as_u64()).collect();
    assert_eq!(statuses, [Some(200), Some(200), Some(404), Some(200)]);
    assert_eq!(
        (&visits[0]["revisit"], &visits[1]["revisit"]),
        (&Value::Null, &"identical-payload-digest".into())
    );
    assert_eq!(visits[0]["payload_sha256"], visits[3]["payload_sha256"]);
    let text = evercite.ok(&["explain", &site.url("/s")]).stdout;
    let order = [
        "Verdicts",
        "dead",
        "holds",
        "Visits",
        "new bytes",
        "the same bytes",
        "404",
        "again",
    ];
    let mut rest = text.as_str();
    for word in order {
        let at = rest
            .find(word)
            .unwrap_or_else(|| panic!("{word} comes too late or never: {text}"));
        rest = &rest[at + word.len()..];
    }
}

#[test]
fn the_copy_is_printed_by_the_command_that_is_given() {
    // An address that a shell would take apart, or worse.
    let path = "/it's;touch%20pwned?a=1&b=$(touch%20pwned)";
    let (site, evercite) = (
        Site::new().page(path, page("S", &prose("well", 5))).serve(),
        Evercite::new(),
    );
    evercite.write("notes.html", format!("<p>See <a href=\"{}\">it</a>.", site.url(path)));
    evercite.ok(&["snapshot", "notes.html"]);
    let text = evercite.ok(&["explain", &site.url(path)]).stdout;
    let command = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("evercite "))
        .unwrap_or_else(|| panic!("no command: {text}"));
    let script = format!("\"{}\" {command}", env!("CARGO_BIN_EXE_evercite"));
    let shell = std::process::Command::new("sh")
        .args(["-c", &script])
        .current_dir(evercite.folder())
        .output()
        .expect("a shell");
    let shown = String::from_utf8_lossy(&shell.stdout).into_owned();
    assert!(shown.contains("The well of year 1"), "{command}: {shown}");
    let made = |name: &str| evercite.path(name).exists();
    assert!(!made("pwned") && !made("20pwned") && !made("%20pwned"));
}

#[test]
fn an_address_is_found_however_it_is_typed() {
    let site = Site::new().page("/deep/source", "s").page("/other", "o").serve();
    let evercite = Evercite::new();
    let (source, other) = (site.url("/deep/source"), site.url("/other"));
    evercite.write("one.md", format!("[a]({source}) [b]({source}#part) [c]({other})"));
    evercite.write("two.md", format!("[again]({source}?utm_source=feed)"));
    evercite.ok(&["snapshot", "one.md", "two.md"]);
    let count = |arguments: &[&str]| {
        explained(&evercite, arguments)["links"]
            .as_array()
            .expect("links")
            .len()
    };
    let bare = source.trim_start_matches("http://");
    for typed in [
        source.clone(),
        bare.to_owned(),
        format!("{source}/"),
        format!("https://{bare}"),
        format!("{source}#elsewhere"),
        source.to_uppercase().replace("/DEEP/SOURCE", "/deep/source"),
    ] {
        assert_eq!(count(&[&typed]), 2, "{typed}");
    }
    assert_eq!(count(&[&format!("{source}#part")]), 1);
    assert_eq!(count(&[&format!("{source}?utm_source=feed")]), 1);
    assert_eq!(count(&[&source, "--article", "one.md"]), 2);
    // Another spelling that the article has.
    assert_eq!(count(&[&source, "--article", "two.md"]), 1);
    let both = evercite.ok(&["explain", &source]).stdout;
    assert_eq!(both.matches("cited in one.md").count(), 2, "{both}");
    assert_eq!(both.matches("\nVisits\n").count(), 1, "visits are told once: {both}");
}

#[test]
fn what_is_not_cited_is_an_error_that_helps() {
    let (site, evercite) = (Site::new().page("/harbour", "s").serve(), Evercite::new());
    evercite.write(
        "notes.md",
        format!("[a]({}) [b](https://www.museum.example/x)", site.url("/harbour")),
    );
    evercite.write("empty.md", "Nothing is cited here.");
    evercite.ok(&["snapshot", "notes.md", "empty.md", "--exclude", "museum"]);
    let suggests = |ran: Ran, what: &str| {
        ran.complains_clearly();
        assert!(ran.stderr.contains(what) && ran.stdout.is_empty(), "{ran}");
    };
    suggests(
        evercite.run(&["explain", &site.url("/harbor")]).exits(1),
        &site.url("/harbour"),
    );
    suggests(
        evercite.run(&["explain", "http://museum.exmaple/x"]).exits(1),
        "https://www.museum.example/x",
    );
    suggests(evercite.run(&["explain", "harbour"]).exits(3), &site.url("/harbour"));
    suggests(
        evercite.run(&["explain", "http://nowhere.test/"]).exits(1),
        "evercite report --all",
    );
    suggests(
        evercite
            .run(&["explain", &site.url("/harbour"), "--article", "empty.md"])
            .exits(1),
        "does not cite",
    );
    suggests(
        evercite
            .run(&["explain", &site.url("/harbour"), "--article", "none.md"])
            .exits(3),
        "not in the archive",
    );
    Evercite::new()
        .run(&["explain", "http://a.example/"])
        .exits(3)
        .complains_clearly();
}

#[test]
fn a_link_that_left_its_article_keeps_its_ledger() {
    let (site, evercite) = (
        Site::new().page("/a", "a").page("/b", "b").gone("/c").serve(),
        Evercite::new(),
    );
    evercite.write(
        "notes.md",
        format!("[it]({})\n\n[c]({})", site.url("/a"), site.url("/c")),
    );
    evercite.ok(&["snapshot", "notes.md"]);
    evercite.write("notes.md", format!("[it]({})", site.url("/b")));
    evercite.ok(&["check"]);
    for (path, words) in [
        ("/a", format!("The link leads to {} now", site.url("/b"))),
        (
            "/b",
            format!("{}: the link “it” leads to {} instead", site.url("/a"), site.url("/b")),
        ),
        ("/c", "no longer cited; it was “c”".to_owned()),
    ] {
        let text = evercite.ok(&["explain", &site.url(path)]).stdout;
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            flat.contains(&words) && flat.contains("In the article"),
            "{words}:\n{text}"
        );
        assert!(text.contains("Verdicts"), "{text}");
    }
    // Of an article that is off the list there is a ledger, too.
    evercite.ok(&["remove", "notes.md"]);
    let value = explained(&evercite, &[&site.url("/b")]);
    assert_eq!(value["links"][0]["listed"], false);
    assert!(
        value["links"][0]["outlook"][0]
            .as_str()
            .is_some_and(|said| said.contains("off the list"))
    );
}

#[test]
fn nothing_that_a_site_says_steers_the_terminal() {
    let site = Site::new()
        .robots("User-agent: *\nDisallow: /x\u{1b}]0;t\u{7}\nDisallow: /no")
        .page("/s", page("S\u{1b}[31m", "s\u{7}"))
        .page("/no", "n")
        .serve();
    site.set(
        "/article",
        Answer::html(page(
            "A",
            "<a href=\"/s\">the\u{1b}[2J words\u{9b}</a> and <a href=\"/no\">no</a>",
        )),
    );
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    for path in ["/s", "/no"] {
        let ran = evercite.ok(&["explain", &site.url(path)]);
        let control = ran.stdout.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(control, None, "{ran:?}");
    }
}
