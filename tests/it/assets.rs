//! `--assets`: what pages need to look as they did.

use std::collections::BTreeSet;

use crate::harness::{Answer, Evercite, LiveSite, Site, citing, page, prose};

fn css(text: &str) -> Answer {
    Answer::bytes("text/css", text)
}

fn image(name: &str) -> Answer {
    Answer::bytes("image/png", format!("\u{89}PNG {name}"))
}

/// A page with `head` in its head, and `body` after a text that links to `/cited`.
fn dressed(head: &str, body: &str) -> String {
    citing(&["/cited"])
        .replace("</head>", &format!("{head}</head>"))
        .replace("</main>", &format!("{body}</main>"))
}

/// An article with a sheet that imports another, and a cited page with a sheet of its own.
fn a_dressed_site() -> Site {
    let head = "<link rel=stylesheet href=/style/main.css><link rel=icon href=/icon.png>\
                <style>main { background: url(/inline.png) }</style><script src=/script.js></script>";
    let body = "<img src=/small.png srcset='/small.png 1x, /large.png 2x'>\
                <p style='background: url(&quot;/attribute.png&quot;)'>x</p><img src='data:image/gif;base64,AA'>";
    let cited = page("Cited", &prose("lamp", 3)).replace("</head>", "<link rel=stylesheet href=/cited.css></head>");
    Site::new()
        .page("/article", dressed(head, body))
        .page("/cited", cited)
        .answer(
            "/style/main.css",
            css("@import 'more.css'; main { background: url(../wall.png) }"),
        )
        .answer(
            "/style/more.css",
            css("@font-face { font-family: F; src: url('font.woff2') format('woff2') } @import url(main.css);"),
        )
        .answer("/style/font.woff2", Answer::bytes("font/woff2", "wOF2"))
        .answer("/wall.png", image("wall"))
        .answer("/icon.png", image("icon"))
        .answer("/inline.png", image("inline"))
        .answer(
            "/script.js",
            Answer::bytes("text/javascript", "document.write('<img src=/written.png>')"),
        )
        .answer("/small.png", image("small"))
        .answer("/large.png", image("large"))
        .answer("/attribute.png", image("attribute"))
        .answer("/cited.css", css("body { background: url(cited.png) }"))
        .answer("/cited.png", image("cited"))
}

const PAGES: &[&str] = &["/article", "/cited", "/robots.txt"];
const OF_THE_ARTICLE: &[&str] = &[
    "/style/main.css",
    "/style/more.css",
    "/style/font.woff2",
    "/wall.png",
    "/icon.png",
    "/inline.png",
    "/script.js",
    "/small.png",
    "/large.png",
    "/attribute.png",
];
const OF_THE_CITED: &[&str] = &["/cited.css", "/cited.png"];

/// What a site was asked for, and that it was asked for nothing twice.
#[track_caller]
fn asked(site: &LiveSite) -> BTreeSet<String> {
    let all: Vec<String> = site.asked().into_iter().map(|asked| asked.path).collect();
    let once: BTreeSet<String> = all.iter().cloned().collect();
    assert_eq!(once.len(), all.len(), "asked twice: {all:?}");
    once
}

fn set(lists: &[&[&str]]) -> BTreeSet<String> {
    lists.concat().into_iter().map(str::to_owned).collect()
}

fn assets(evercite: &Evercite) -> i64 {
    evercite.value("SELECT count(*) FROM capture WHERE purpose = 'asset' AND transport = 'ok' AND status = 200")
}

#[test]
fn none_of_the_articles_or_all_of_them() {
    for (rule, want) in [
        (None, set(&[PAGES])),
        (Some("none"), set(&[PAGES])),
        (Some("articles"), set(&[PAGES, OF_THE_ARTICLE])),
        (Some("all"), set(&[PAGES, OF_THE_ARTICLE, OF_THE_CITED])),
    ] {
        let (site, evercite) = (a_dressed_site().serve(), Evercite::new());
        let address = site.url("/article");
        let mut arguments = vec!["snapshot", &address];
        arguments.extend(rule.iter().flat_map(|rule| ["--assets", rule]));
        let told = evercite.ok(&arguments);
        assert_eq!(asked(&site), want, "{rule:?}");

        let kept = assets(&evercite);
        assert_eq!(kept as usize, want.len() - PAGES.len());
        assert!(told.stdout.starts_with("Kept 2 pages"), "{told}");
        assert_eq!(told.stdout.contains(&format!("and {kept} assets")), kept > 0, "{told}");
        let report = evercite.report();
        report.adds_up();
        assert_eq!(
            report.urls(),
            [site.url("/cited")],
            "assets are no links of the article"
        );
        assert_eq!((report.total("links"), report.class(&site.url("/cited"))), (1, "ok"));
        assert!(evercite.is_sound());
    }
}

#[test]
fn what_was_kept_comes_back_and_is_found_nowhere_else() {
    let (site, evercite) = (a_dressed_site().serve(), Evercite::new());
    evercite.ok(&["snapshot", &site.url("/article"), "--assets", "all"]);
    let font = evercite.ok(&["show", &site.url("/style/font.woff2"), "--as", "html"]);
    assert_eq!(font.stdout, "wOF2");
    for (table, rows) in [("citation", 1), ("verdict", 1), ("page_search", 2)] {
        let counted: i64 = evercite.value(&format!("SELECT count(*) FROM {table}"));
        assert_eq!(counted, rows, "{table}");
    }
    let read: i64 = evercite.value("SELECT count(*) FROM page_version v JOIN url u ON u.id = v.url_id");
    assert_eq!(read, 2 + 3, "the pages and the style sheets are read, and nothing else");
}

#[test]
fn an_asset_of_many_pages_is_asked_for_once() {
    let shared = "<link rel=stylesheet href=/shared.css><img src=/logo.png>";
    let mut site = Site::new()
        .page("/one", dressed(shared, ""))
        .page("/two", dressed(shared, "<img src=/cited>"))
        .page(
            "/cited",
            page("Cited", &prose("lamp", 3)).replace("</head>", &format!("{shared}</head>")),
        );
    for path in ["/shared.css", "/other.css"] {
        site = site.answer(path, css("p { background: url(logo.png) } @import 'other.css';"));
    }
    let site = site.answer("/logo.png", image("logo")).serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/one"), &site.url("/two"), "--assets", "all"]);
    let want = [
        "/one",
        "/two",
        "/cited",
        "/robots.txt",
        "/shared.css",
        "/other.css",
        "/logo.png",
    ];
    assert_eq!(asked(&site), set(&[&want]));
}

#[test]
fn an_image_that_is_cited_too_is_judged_as_what_is_cited() {
    let site = Site::new()
        .page(
            "/first",
            page("First", "Nothing.").replace("</main>", "<img src=/cited></main>"),
        )
        .page("/second", dressed("", ""))
        .answer("/cited", image("cited").etag("1"))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/first"), "--assets", "articles"]);
    evercite.ok(&["snapshot", &site.url("/second")]);
    // What was kept as an asset has not been read as a page: a 304 would confirm nothing.
    assert_eq!(site.times("/cited"), 2);
    assert!(site.asked_for("/cited").iter().all(|asked| asked.status == 200));
    assert_eq!(evercite.report().class(&site.url("/cited")), "ok");
}

#[test]
fn an_asset_that_fails_is_a_row_and_no_more() {
    let body = "<img src=/gone.png><img src=/private/x.png><img src=/hangs.png><img src=/left-out.png>\
                <img src=http://127.9.9.9:9/x.png><link rel=stylesheet href=/not-a.css>";
    let site = a_dressed_site()
        .robots("User-agent: *\nDisallow: /private/\n")
        .page("/article", dressed("", body))
        .gone("/gone.png")
        .hangs_up("/hangs.png")
        .answer("/left-out.png", image("x"))
        .answer("/private/x.png", image("x"))
        .page("/not-a.css", "<style>p { background: url(/never.png) }</style>")
        .serve();
    let evercite = Evercite::new();
    let told = evercite.ok(&[
        "snapshot",
        &site.url("/article"),
        "--assets",
        "articles",
        "--exclude",
        "left-out",
        "--include",
        "/cited",
    ]);
    assert!(told.stderr.is_empty(), "{told}");
    for (path, transport, access, status) in [
        ("/gone.png", "ok", "open", Some(410)),
        ("/hangs.png", "reset", "open", None),
        ("/private/x.png", "ok", "robots-excluded", None),
        ("/left-out.png", "ok", "out-of-scope", None),
        ("/not-a.css", "ok", "open", Some(200)),
    ] {
        let row: (String, String, Option<i64>) = evercite
            .sqlite()
            .query_row(
                "SELECT transport, access, status FROM capture c JOIN url u ON u.id = c.url_id
                 WHERE c.purpose = 'asset' AND u.url = ?",
                [site.url(path)],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .unwrap_or_else(|e| panic!("{path}: {e}"));
        assert_eq!((row.1.as_str(), row.2), (access, status), "{path}");
        assert!(row.0 == transport || access != "open", "{path}: {row:?}");
    }
    for path in ["/private/x.png", "/left-out.png", "/never.png"] {
        assert_eq!(site.times(path), 0, "{path}");
    }
    let report = evercite.report();
    report.adds_up();
    assert_eq!((report.total("links"), report.count("ok")), (1, 1));
}

#[test]
fn dead_hosts_of_assets_are_no_outage_of_ours() {
    let body: String = (2..12)
        .map(|n| format!("<img src=http://127.9.9.{n}:9/x.png>"))
        .collect();
    let site = a_dressed_site().page("/article", dressed("", &body)).serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article"), "--assets", "articles"]);
    assert_eq!(evercite.report().class(&site.url("/cited")), "ok");
}

#[test]
fn imports_are_followed_so_far_and_no_further() {
    let mut site = a_dressed_site().page("/article", dressed("<link rel=stylesheet href=/0.css>", ""));
    for n in 0..10 {
        let sheet = format!("@import '{}.css'; p {{ background: url({n}.png) }}", n + 1);
        site = site
            .answer(&format!("/{n}.css"), css(&sheet))
            .answer(&format!("/{n}.png"), image("x"));
    }
    let (site, evercite) = (site.serve(), Evercite::new());
    evercite.ok(&["snapshot", &site.url("/article"), "--assets", "articles"]);
    for n in 0..10 {
        let times = usize::from(n <= 5);
        assert_eq!(site.times(&format!("/{n}.css")), times, "sheet {n}");
        assert_eq!(site.times(&format!("/{n}.png")), times, "image {n}");
    }
}

#[test]
fn a_check_brings_the_assets_of_what_is_new() {
    let (site, evercite) = (a_dressed_site().serve(), Evercite::new());
    evercite.ok(&["snapshot", &site.url("/article"), "--assets", "all"]);
    let kept = assets(&evercite);
    site.forget();
    evercite.ok(&["check", "--assets", "all"]);
    assert_eq!(asked(&site), set(&[&["/article", "/cited"]]), "nothing is new");

    let head = "<link rel=stylesheet href=/style/main.css><link rel=stylesheet href=/new.css>";
    site.set("/article", Answer::html(dressed(head, "")));
    site.set("/new.css", css("p { background: url(/new.png) }"));
    site.set("/new.png", image("new"));
    site.forget();
    evercite.ok(&["check", "--assets", "all"]);
    let want = ["/article", "/cited", "/style/main.css", "/new.css", "/new.png"];
    assert_eq!(asked(&site), set(&[&want]));
    assert_eq!(assets(&evercite), kept + 3);
}

#[test]
fn a_snapshot_after_one_without_assets_brings_them() {
    let site = a_dressed_site();
    let article = dressed("<link rel=stylesheet href=/cited.css>", "");
    let (site, evercite) = (
        site.answer("/article", Answer::html(article).etag("1")).serve(),
        Evercite::new(),
    );
    evercite.ok(&["snapshot", &site.url("/article")]);
    assert_eq!(assets(&evercite), 0);
    evercite.ok(&["snapshot", &site.url("/article"), "--assets", "articles"]);
    assert_eq!(assets(&evercite), 2);
}

#[test]
fn a_run_that_was_cut_short_goes_on_with_its_assets() {
    let (site, evercite) = (a_dressed_site().serve(), Evercite::new());
    evercite.write("evercite.toml", "[crawl]\nassets = 'all'\n");
    let stopped = evercite.ok(&["snapshot", &site.url("/article"), "--page-limit", "4"]);
    assert!(stopped.stderr.contains("to go"), "{stopped}");
    // What the run began with holds, not what the file says now.
    std::fs::remove_file(evercite.path("evercite.toml")).expect("the file is removed");
    evercite.ok(&["resume", "--page-limit", "100"]);
    assert_eq!(asked(&site), set(&[PAGES, OF_THE_ARTICLE, OF_THE_CITED]));
    assert_eq!(assets(&evercite) as usize, OF_THE_ARTICLE.len() + OF_THE_CITED.len());
    assert_eq!(evercite.value::<i64>("SELECT count(*) FROM task WHERE done = 0"), 0);
    evercite.report().adds_up();
}
