//! `snapshot`: what goes in as an article, and what is said of each of its links.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Answer, Evercite, NOBODY, Site, citing, page, prose};

#[test]
fn every_kind_of_link_gets_the_word_it_deserves() {
    let site = Site::new()
        .robots("User-agent: *\nDisallow: /private/\n")
        .page("/ok", page("Fine", &prose("lamp", 3)))
        .status("/missing", 404)
        .gone("/gone")
        .status("/forbidden", 403)
        .status("/limited", 429)
        .status("/wants-login", 401)
        .status("/law", 451)
        .status("/linkedin-like", 999)
        .status("/broken", 500)
        .hangs_up("/hangs-up")
        .redirect(302, "/loop-a", "/loop-b")
        .redirect(302, "/loop-b", "/loop-a")
        .answer("/slow", Answer::html("late").delayed(Duration::from_secs(4)))
        .redirect(301, "/old", "/new")
        .page("/new", page("New", &prose("harbour", 3)))
        .redirect(302, "/for-now", "/ok")
        .page("/private/diary", "secret")
        .page("/left-out", "left out")
        .serve();
    let paths = [
        ("/ok", "ok", Some(200)),
        ("/missing", "dead", Some(404)),
        ("/gone", "dead", Some(410)),
        ("/forbidden", "blocked", Some(403)),
        ("/limited", "blocked", Some(429)),
        ("/wants-login", "blocked", Some(401)),
        ("/law", "blocked", Some(451)),
        ("/linkedin-like", "blocked", Some(999)),
        ("/broken", "suspect", Some(500)),
        ("/hangs-up", "suspect", None),
        ("/loop-a", "suspect", None),
        ("/slow", "suspect", None),
        ("/old", "moved", Some(200)),
        ("/for-now", "ok", Some(200)),
        ("/private/diary", "excluded", None),
        ("/left-out", "excluded", None),
    ];
    let skipped = [
        ("mailto:someone@example.org", "mailto"),
        ("#notes", "fragment-only"),
        ("javascript:void(0)", "javascript"),
        ("tel:+4712345678", "telephone"),
        ("ftp://example.org/file", "unsupported-scheme"),
    ];
    let mut links: Vec<&str> = paths.iter().map(|(path, ..)| *path).collect();
    links.push(NOBODY);
    links.extend(skipped.iter().map(|(href, _)| *href));
    site.set("/article", Answer::html(citing(&links)));

    let evercite = Evercite::new();
    let snapshot = [
        "snapshot",
        &site.url("/article"),
        "--exclude",
        "left-out",
        "--timeout",
        "1",
    ];
    evercite.ok(&snapshot);
    let report = evercite.report();
    report.adds_up();

    for (number, (path, class, status)) in (1..).zip(paths) {
        let link = report.link(&site.url(path));
        assert_eq!(link["class"], class, "{link:#}");
        assert_eq!(link["status"], json!(status), "{link:#}");
        assert_eq!(link["anchor"], format!("link {number}"));
        assert_eq!(link["places"][0]["section"], "An article");
        assert_eq!(link["places"][0]["place"], "main");
        assert_eq!(link["article"], site.url("/article"));
        assert!(link["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
    }
    for (url, transport) in [
        (site.url("/hangs-up"), "reset"),
        (site.url("/loop-a"), "redirect-loop"),
        (site.url("/slow"), "read-timeout"),
        (NOBODY.to_owned(), "refused"),
    ] {
        let link = report.link(&url);
        assert_eq!(
            (&link["class"], &link["transport"]),
            (&json!("suspect"), &json!(transport))
        );
    }
    for (path, access) in [
        ("/forbidden", "forbidden"),
        ("/limited", "rate-limited"),
        ("/wants-login", "auth"),
        ("/law", "legal"),
        ("/linkedin-like", "bot-wall"),
        ("/private/diary", "robots-excluded"),
        ("/left-out", "out-of-scope"),
    ] {
        assert_eq!(report.link(&site.url(path))["access"], access, "{path}");
    }
    for (href, why) in skipped {
        let link = report.link(href);
        assert_eq!(link["class"], "skipped", "{link:#}");
        assert_eq!(link["evidence"], json!([why]), "{link:#}");
        assert_eq!(link["transport"], Value::Null, "nobody was asked");
    }
    for path in ["/private/diary", "/left-out"] {
        assert_eq!(site.times(path), 0, "{path} must not be asked for");
    }
    assert_eq!(site.times("/robots.txt"), 1, "one robots.txt for each origin");
}

#[test]
fn a_move_is_told_hop_by_hop() {
    let site = Site::new()
        .redirect(301, "/old", "/middle")
        .redirect(302, "/middle", "/new")
        .page("/new", page("New", &prose("pier", 3)))
        .page("/article", citing(&["/old"]))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    let report = evercite.report();
    let link = report.link(&site.url("/old"));
    assert_eq!(link["class"], "moved");
    assert_eq!(link["final_url"], site.url("/new"));
    let hops: Vec<(String, u64)> = link["hops"]
        .as_array()
        .expect("hops")
        .iter()
        .map(|hop| {
            (
                hop["url"].as_str().unwrap_or_default().to_owned(),
                hop["status"].as_u64().unwrap_or(0),
            )
        })
        .collect();
    assert_eq!(
        hops,
        [
            (site.url("/old"), 301),
            (site.url("/middle"), 302),
            (site.url("/new"), 200)
        ]
    );
    assert!(
        evercite
            .ok(&["show", &site.url("/old")])
            .stdout
            .contains("pier keepers")
    );
}

#[test]
fn the_same_address_is_one_link_however_often_it_is_cited() {
    let site = Site::new()
        .page("/source", page("Source", &prose("bell", 3)))
        .page(
            "/article",
            citing(&["/source", "/source#part", "/source", "/elsewhere/../source"]),
        )
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    let report = evercite.report();
    report.adds_up();
    assert_eq!(report.total("links"), 2, "an address and the same with a fragment");
    let places = report.link(&site.url("/source"))["places"].clone();
    let ordinals: Vec<i64> = places
        .as_array()
        .expect("places")
        .iter()
        .filter_map(|p| p["ordinal"].as_i64())
        .collect();
    assert_eq!(ordinals, [1, 3, 4]);
    assert_eq!(report.class(&format!("{}#part", site.url("/source"))), "ok");
    assert_eq!(site.times("/source"), 1, "both are the same page");
}

#[test]
fn links_inside_and_around_the_text_are_told_apart() {
    let site = Site::new()
        .page("/in", "in")
        .page("/nav", "nav")
        .page("/foot", "foot")
        .serve();
    let html = format!(
        "<html><title>T</title><body><nav><a href=/nav>nav</a></nav><article><h1>T</h1><p>{} <a href=/in>in</a></p>\
         </article><footer><a href=/foot>foot</a></footer></body></html>",
        prose("stair", 4)
    );
    site.set("/article", Answer::html(html));
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    let report = evercite.report();
    for (path, place) in [("/in", "main"), ("/nav", "around"), ("/foot", "around")] {
        assert_eq!(report.link(&site.url(path))["places"][0]["place"], place, "{path}");
    }
}

/// Links as each kind of local file writes them: file name, content with `{site}` for the site, and
/// the paths that must be found with line and column of the first.
#[test]
fn local_files_are_articles_in_their_own_syntax() {
    for (name, content, found, place) in [
        (
            "notes.md",
            "# Notes\n\nInline [one]({site}/one \"title\") and [two][ref],\n<{site}/three>, bare {site}/four.\n\n\
             A [nowhere](#) and a [letter](mailto:a@example.org).\n\n```\n{site}/in-code\n```\n\n[ref]: {site}/two\n",
            &["/one", "/two", "/three", "/four"][..],
            (3, 8),
        ),
        (
            "notes.html",
            "<html><body><p>Text <a href=\"{site}/one\">one</a>, <a href='{site}/two'>two</a>\n\
             <a href=\"#\">nowhere</a> <a href=\"mailto:a@example.org\">letter</a></p></body></html>",
            &["/one", "/two"],
            (1, 21),
        ),
        (
            "notes.txt",
            "First line\nSee {site}/one, ({site}/two) or write to a@example.org.\n",
            &["/one", "/two"],
            (2, 5),
        ),
    ] {
        let site = Site::new()
            .page("/one", "1")
            .page("/two", "2")
            .page("/three", "3")
            .page("/four", "4")
            .serve();
        let evercite = Evercite::new();
        evercite.write(name, content.replace("{site}", &site.url("")));
        evercite.ok(&["snapshot", name]);
        let report = evercite.report();
        report.adds_up();
        assert_eq!(report.articles(), [name]);
        let fetched: Vec<String> = report
            .links()
            .iter()
            .filter(|l| l["class"] == "ok")
            .filter_map(|l| l["url"].as_str())
            .map(str::to_owned)
            .collect();
        let mut want: Vec<String> = found.iter().map(|path| site.url(path)).collect();
        want.sort();
        assert_eq!(fetched, want, "{name}");
        let first = &report.link(&site.url("/one"))["places"][0];
        assert_eq!(
            (first["line"].as_i64(), first["column"].as_i64()),
            (Some(place.0), Some(place.1)),
            "{name}: {first}"
        );
        assert_eq!(report.class("mailto:a@example.org"), "skipped", "{name}");
        if name != "notes.txt" {
            assert_eq!(report.class("#"), "skipped", "{name}");
        }
        assert_eq!(site.times("/in-code"), 0, "an address in a code block is no citation");
        // The article itself is kept, byte for byte.
        let shown = evercite.ok(&["show", name, "--as", "html"]);
        assert_eq!(
            shown.bytes,
            std::fs::read(evercite.path(name)).expect("the file"),
            "{name}"
        );
    }
}

#[test]
fn standard_input_and_lists_name_articles_too() {
    let site = Site::new()
        .page("/one", "1")
        .page("/two", "2")
        .page("/three", "3")
        .page("/article", citing(&["/three"]))
        .serve();
    let evercite = Evercite::new();
    evercite
        .run_with_input(&["snapshot", "-"], format!("[one]({})", site.url("/one")))
        .exits(0);
    evercite.write("a.md", format!("[two]({})", site.url("/two")));
    evercite.write(
        "list.txt",
        format!("# my articles\n\na.md\n  {}  \n", site.url("/article")),
    );
    evercite.ok(&["snapshot", "--files-from", "list.txt"]);
    let report = evercite.report();
    for path in ["/one", "/two", "/three"] {
        assert_eq!(report.class(&site.url(path)), "ok", "{path}");
    }
    assert_eq!(report.articles().len(), 3, "{:?}", report.articles());
    let piped = evercite.run_with_input(&["snapshot", "--files-from", "-"], "# nothing but a comment\n");
    piped.exits(3).complains_clearly();
}

#[test]
fn relative_links_of_a_local_article_need_to_know_where_it_stands() {
    let site = Site::new().page("/docs/source", "here").serve();
    let evercite = Evercite::new();
    evercite.write("essay.md", "[source](source)");
    evercite.ok(&["snapshot", "essay.md"]);
    let link = evercite.report().link("source").clone();
    assert_eq!(
        (&link["class"], &link["evidence"]),
        (&json!("skipped"), &json!(["relative-without-base"]))
    );

    let fresh = Evercite::new();
    fresh.write("essay.md", "[source](source)");
    fresh.ok(&["snapshot", "essay.md", "--base-url", &site.url("/docs/essay")]);
    assert_eq!(fresh.report().class(&site.url("/docs/source")), "ok");
}

#[test]
fn giving_the_base_of_a_known_article_later_takes_effect() {
    let site = Site::new().page("/docs/source", "here").serve();
    let evercite = Evercite::new();
    evercite.write("essay.md", "[source](source)");
    evercite.ok(&["snapshot", "essay.md"]);
    evercite.ok(&["snapshot", "essay.md", "--base-url", &site.url("/docs/essay")]);
    assert_eq!(evercite.report().class(&site.url("/docs/source")), "ok");
}

#[test]
fn the_same_article_twice_is_one_article() {
    let site = Site::new()
        .page("/source", "s")
        .page("/article", citing(&["/source"]))
        .serve();
    let evercite = Evercite::new();
    let address = site.url("/article");
    evercite.write("a.md", format!("[s]({})", site.url("/source")));
    evercite.ok(&["snapshot", &address, "a.md", &address, "a.md", "./a.md"]);
    evercite.ok(&["snapshot", &format!("{address}#part"), "a.md"]);
    let report = evercite.report();
    assert_eq!(report.articles(), [address.as_str(), "a.md"]);
    report.adds_up();
    let listed = evercite.ok(&["list", "--format", "json"]).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(2), "{listed:#}");
}

#[test]
fn a_file_that_moves_stays_the_same_article() {
    let site = Site::new().page("/source", "s").serve();
    let evercite = Evercite::new();
    evercite.write("draft.md", format!("[s]({})", site.url("/source")));
    evercite.ok(&["snapshot", "draft.md"]);
    let before = evercite.value::<String>("SELECT uid FROM article");
    std::fs::create_dir(evercite.path("done")).expect("a folder");
    std::fs::rename(evercite.path("draft.md"), evercite.path("done/final.md")).expect("a move");
    evercite.ok(&["snapshot", "done/final.md"]);
    assert_eq!(evercite.report().articles(), ["done/final.md"]);
    assert_eq!(evercite.value::<String>("SELECT uid FROM article"), before);
}

#[test]
fn depth_decides_how_far_links_are_followed() {
    let chain = || {
        Site::new()
            .page("/article", citing(&["/one"]))
            .page("/one", citing(&["/two"]))
            .page("/two", citing(&["/three"]))
            .page("/three", "end")
            .serve()
    };
    for (depth, fetched) in [("1", 1), ("2", 2), ("3", 3)] {
        let (site, evercite) = (chain(), Evercite::new());
        evercite.ok(&["snapshot", &site.url("/article"), "--depth", depth]);
        let reached = ["/one", "/two", "/three"]
            .iter()
            .filter(|path| site.times(path) == 1)
            .count();
        assert_eq!(reached, fetched, "depth {depth}");
        assert_eq!(evercite.report().total("links"), 1, "only the article cites");
    }
}

#[test]
fn depth_nought_keeps_the_article_alone() {
    let site = Site::new()
        .page("/one", "1")
        .page("/article", citing(&["/one"]))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article"), "--depth", "0"]);
    assert_eq!(site.times("/one"), 0);
    assert_eq!(evercite.report().class(&site.url("/one")), "unchecked");
}

#[test]
fn include_wins_over_exclude_and_accept_makes_a_refusal_fine() {
    let site = Site::new()
        .page("/docs/a", "a")
        .page("/docs/b", "b")
        .status("/wall", 403)
        .page("/article", citing(&["/docs/a", "/docs/b", "/wall"]))
        .serve();
    let evercite = Evercite::new();
    let address = site.url("/article");
    let flags = [
        "--exclude",
        "/docs/",
        "--include",
        "/docs/b",
        "--include",
        "wall",
        "--accept",
        "403",
    ];
    evercite.ok(&[&["snapshot", &address][..], &flags].concat());
    let report = evercite.report();
    for (path, class) in [("/docs/a", "excluded"), ("/docs/b", "ok"), ("/wall", "ok")] {
        assert_eq!(report.class(&site.url(path)), class, "{path}");
    }
    assert_eq!(site.times("/docs/a"), 0);
}

#[test]
fn ignored_addresses_and_configuration_are_read_from_the_folder() {
    let site = Site::new()
        .page("/a", "a")
        .page("/b", "b")
        .page("/article", citing(&["/a", "/b"]))
        .serve();
    let evercite = Evercite::new();
    evercite.write(".everciteignore", "# not these\n/b$\n");
    evercite.write(
        "evercite.toml",
        "[crawl]\nuser-agent = 'tester/1'\nheader = ['X-Asked: yes']\n",
    );
    evercite.ok(&["snapshot", &site.url("/article")]);
    assert_eq!(evercite.report().class(&site.url("/b")), "excluded");
    let asked = site.asked_for("/a");
    assert_eq!(asked[0].header("user-agent"), Some("tester/1"));
    assert_eq!(asked[0].header("x-asked"), Some("yes"));
    evercite.ok(&["snapshot", &site.url("/article"), "--user-agent", "flag/2"]);
    assert_eq!(
        site.asked_for("/a")[1].header("user-agent"),
        Some("flag/2"),
        "flags win over the file"
    );
}

#[test]
fn what_may_pass_is_tried_again_and_what_will_not_is_not() {
    let site = Site::new()
        .status("/busy", 503)
        .status("/missing", 404)
        .page("/article", citing(&["/busy", "/missing"]))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article"), "--max-retries", "1"]);
    assert_eq!((site.times("/busy"), site.times("/missing")), (2, 1));
    assert_eq!(evercite.report().class(&site.url("/busy")), "suspect");
}

#[test]
fn an_article_that_cannot_be_had_is_said_so() {
    let site = Site::new().serve();
    let evercite = Evercite::new();
    let ran = evercite.run(&["snapshot", &site.url("/nothing-here")]);
    ran.never_panicked();
    assert!(
        ran.stdout.contains("404") || ran.stderr.contains("404"),
        "why there is nothing is said: {ran}"
    );
    assert_eq!(ran.code, Some(1), "it could not do its job: {ran}");
}

#[test]
fn cited_at_is_kept_and_shown() {
    let site = Site::new().page("/source", "s").serve();
    let evercite = Evercite::new();
    evercite.write("a.md", format!("[s]({})", site.url("/source")));
    evercite.ok(&["snapshot", "a.md", "--cited-at", "2016-02-05"]);
    assert_eq!(evercite.report().0["articles"][0]["cited_at"], "2016-02-05T00:00:00Z");
    assert!(evercite.ok(&["report", "--all"]).stdout.contains("cited 2016-02-05"));
    evercite
        .run(&["snapshot", "a.md", "--cited-at", "someday"])
        .exits(3)
        .never_panicked();
}
