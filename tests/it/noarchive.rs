//! Sites that ask that no copy of a page be kept.

use crate::harness::{Answer, Evercite, LiveSite, Site, citing, page, prose};

const SECRET: &str = "lighthouse";

fn said(html: &str) -> String {
    html.replace("</head>", "<meta name=robots content='noindex, noarchive'></head>")
}

fn text() -> String {
    page("A page", &format!("{} {SECRET}", prose("lamp", 5)))
}

/// Three pages that ask not to be kept, each in its way, and one that asks others only.
fn a_shy_site() -> LiveSite {
    let links = ["/meta", "/header", "/none", "/others"];
    Site::new()
        .page("/article", citing(&links))
        .page("/meta", said(&text()))
        .answer(
            "/header",
            Answer::html(text()).header("X-Robots-Tag", "noarchive").etag("1"),
        )
        .answer(
            "/none",
            Answer::html(text() + "!").header("X-Robots-Tag", "evercite: none"),
        )
        .answer(
            "/others",
            Answer::html(page("Open", &prose("harbour", 5))).header("X-Robots-Tag", "otherbot: noarchive"),
        )
        .serve()
}

#[test]
fn what_is_not_to_be_kept_is_judged_all_the_same() {
    let (site, evercite) = (a_shy_site(), Evercite::new());
    evercite.ok(&["snapshot", &site.url("/article")]);
    let report = evercite.report();
    report.adds_up();
    assert_eq!((report.total("links"), report.count("ok")), (4, 4), "{:#}", report.0);
    for (path, kept) in [
        ("/meta", false),
        ("/header", false),
        ("/none", false),
        ("/others", true),
    ] {
        let shown = evercite.run(&["show", &site.url(path), "--as", "html"]);
        assert_eq!(shown.code, Some(if kept { 0 } else { 1 }), "{path}: {shown}");
        let evidence = report.link(&site.url(path))["evidence"].to_string();
        assert_eq!(evidence.contains("noarchive"), !kept, "{evidence}");
    }
    assert!(evercite.query(&format!("SELECT 1 FROM payload WHERE length = {}", text().len()))[0].is_object());
    assert_eq!(
        evercite.value::<i64>("SELECT count(*) FROM page_text"),
        2,
        "the article and the open page"
    );
    let found = evercite.run(&["search", SECRET]);
    assert!(!found.stdout.contains("http"), "{found}");
    assert!(evercite.is_sound());

    // Nothing has changed, and that can be told without a copy.
    let verdicts: i64 = evercite.value("SELECT count(*) FROM verdict");
    evercite.ok(&["check"]);
    assert_eq!(evercite.value::<i64>("SELECT count(*) FROM verdict"), verdicts);
    assert_eq!(site.asked_for("/header").last().map(|asked| asked.status), Some(304));

    site.set("/meta", Answer::html(said(&page("A page", &prose("tide", 5)))));
    site.set("/none", Answer::status(410));
    evercite.run(&["check"]).exits(2);
    let report = evercite.report();
    let changed = report.link(&site.url("/meta"));
    assert!(
        changed["evidence"].to_string().contains("cannot be told"),
        "{changed:#}"
    );
    assert_eq!(report.class(&site.url("/none")), "dead");
    assert_eq!(report.total("saved"), 0, "there is no copy of it");
}

#[test]
fn a_page_is_kept_once_it_may_be() {
    for site_changes in [false, true] {
        let (site, evercite) = (a_shy_site(), Evercite::new());
        evercite.ok(&["snapshot", &site.url("/article")]);
        if site_changes {
            site.set("/header", Answer::html(text()));
            evercite.ok(&["check"]);
        } else {
            evercite.ok(&["check", "--noarchive", "ignore"]);
        }
        let shown = evercite.ok(&["show", &site.url("/header"), "--as", "html"]);
        assert_eq!(shown.stdout, text());
        let found = evercite.ok(&["search", SECRET]);
        assert!(found.stdout.contains("/header"), "{found}");
    }
}

#[test]
fn whoever_ignores_it_keeps_everything() {
    let (site, evercite) = (a_shy_site(), Evercite::new());
    evercite.ok(&["snapshot", &site.url("/article"), "--noarchive", "ignore"]);
    for path in ["/meta", "/header", "/none", "/others"] {
        evercite.ok(&["show", &site.url(path)]);
    }
}

#[test]
fn an_article_keeps_its_links_and_a_local_one_everything() {
    let site = a_shy_site();
    let article = said(&citing(&[site.url("/others")]));
    site.set("/shy-article", Answer::html(&article));
    let evercite = Evercite::new();
    evercite.write("mine.html", article.clone() + "<!-- mine -->");
    evercite.ok(&["snapshot", &site.url("/shy-article"), "mine.html"]);
    let report = evercite.report();
    report.adds_up();
    assert_eq!(report.total("links"), 2);
    assert_eq!(report.links()[0]["anchor"], "link 1");
    evercite.run(&["show", &site.url("/shy-article")]).exits(1);
    evercite.ok(&["show", "mine.html"]);
}
