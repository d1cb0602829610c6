//! `--from` and `--watch`: lists whose entries become articles.

use crate::harness::{Answer, Evercite, Site, coding, page, prose};

fn rss(paths: &[&str]) -> Answer {
    let items: String = paths
        .iter()
        .map(|path| {
            format!(
                "<item><title>{path}</title><link>{path}</link><pubDate>Fri, 05 Feb 2016 14:30:00 GMT</pubDate></item>"
            )
        })
        .collect();
    let feed = format!("<?xml version='1.0'?><rss version='2.0'><channel><title>Tides</title>{items}</channel></rss>");
    Answer::bytes("application/rss+xml", feed)
}

fn articles(site: Site, paths: &[&str]) -> Site {
    paths
        .iter()
        .fold(site, |site, path| site.page(path, page(path, &prose("tide", 3))))
}

fn locators(evercite: &Evercite) -> Vec<String> {
    let rows = evercite.query("SELECT article FROM article_summary ORDER BY article");
    rows.iter()
        .map(|row| row["article"].as_str().expect("an address").to_owned())
        .collect()
}

#[test]
fn the_entries_of_a_feed_become_articles() {
    let site = articles(Site::new(), &["/a", "/b", "/source"])
        .redirect(301, "/feed", "/blog/feed.xml")
        .answer("/blog/feed.xml", rss(&["/a", "../b", "/a#again", "mailto:x@y"]))
        .page("/a", page("A", "<a href='/source'>cited</a>"))
        .serve();
    let evercite = Evercite::new();
    let ran = evercite.ok(&["snapshot", "--from", &site.url("/feed"), "--cited-at", "published"]);
    assert!(ran.stderr.contains("an RSS feed with 2 articles"), "{ran}");
    assert!(ran.stderr.contains("1 entry has no web address"), "{ran}");
    assert_eq!(locators(&evercite), [site.url("/a"), site.url("/b")]);
    assert_eq!(evercite.report().class(&site.url("/source")), "ok");
    let cited = evercite.query("SELECT DISTINCT cited_at FROM article_summary");
    assert_eq!(cited[0]["cited_at"], "2016-02-05");
    assert_eq!(cited.len(), 1);
    assert!(evercite.is_sound());

    // Not watched: nothing is read again.
    site.forget();
    evercite.ok(&["check"]);
    assert_eq!(site.times("/feed"), 0);
}

#[test]
fn an_index_of_packed_sitemaps_is_followed() {
    let site = articles(Site::new(), &["/a", "/b", "/c"]).serve();
    let sitemap = |paths: &[&str]| {
        let urls: String = paths
            .iter()
            .map(|path| format!("<url><loc>{}</loc></url>", site.url(path)))
            .collect();
        Answer::bytes(
            "application/x-gzip",
            coding::gzip(format!("<urlset>{urls}</urlset>").as_bytes()),
        )
    };
    site.set("/1.xml.gz", sitemap(&["/a", "/b"]));
    site.set("/2.xml.gz", sitemap(&["/b", "/c"]));
    let names: String = ["/1.xml.gz", "/2.xml.gz", "/missing.xml.gz", "/1.xml.gz"]
        .iter()
        .map(|path| format!("<sitemap><loc>{}</loc></sitemap>", site.url(path)))
        .collect();
    let index = format!("<sitemapindex>{names}</sitemapindex>");
    site.set(
        "/sitemap.xml.gz",
        Answer::bytes("application/gzip", coding::gzip(index.as_bytes())),
    );
    let evercite = Evercite::new();
    let ran = evercite.ok(&["snapshot", "--from", &site.url("/sitemap.xml.gz")]);
    assert!(
        ran.stderr
            .contains("missing.xml.gz could not be read: the server answers 404"),
        "{ran}"
    );
    assert_eq!(locators(&evercite), [site.url("/a"), site.url("/b"), site.url("/c")]);
    assert_eq!(site.times("/1.xml.gz"), 1);
}

#[test]
fn lists_of_lists_end_somewhere() {
    let index = |path: &str| format!("<sitemapindex><sitemap><loc>{path}</loc></sitemap></sitemapindex>");
    let xml = |body: String| Answer::bytes("application/xml", body);
    let site = articles(Site::new(), &["/a", "/b"])
        .answer("/0", xml(index("/1")))
        .answer("/1", xml(index("/2")))
        .answer("/2", xml("<urlset><url><loc>/a</loc></url></urlset>".into()))
        .answer("/round", xml(index("/round")))
        .answer("/deep", xml(index("/0")))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", "--from", &site.url("/0")]);
    assert_eq!(locators(&evercite), [site.url("/a")]);
    let ran = evercite.ok(&["snapshot", "--from", &site.url("/deep")]);
    assert!(
        ran.stderr.contains("/1: the lists that it names are too far off"),
        "{ran}"
    );
    let ran = evercite.ok(&["snapshot", "--from", &site.url("/round")]);
    assert!(ran.stderr.contains("0 articles"), "{ran}");
    assert!(site.times("/round") <= 3, "a circle ends");
}

#[test]
fn files_and_standard_input_are_lists_too() {
    let site = articles(Site::new(), &["/a", "/b", "/c", "/d"])
        .answer("/feed", rss(&["/c"]))
        .serve();
    let evercite = Evercite::new();
    let bookmarks = format!(
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><DT><A HREF=\"{}\">A</A></DL>",
        site.url("/a")
    );
    evercite.write("bookmarks.html", bookmarks);
    evercite.write(
        "feeds.opml",
        format!("<opml><body><outline xmlUrl='{}'/></body></opml>", site.url("/feed")),
    );
    let lines = format!(
        "{{\"url\": \"{}\", \"cited_at\": \"2016-02-05\"}}\n\"{}\"\n",
        site.url("/b"),
        site.url("/a")
    );
    let asked = [
        "snapshot",
        &site.url("/d"),
        "--from",
        "bookmarks.html",
        "--from",
        "feeds.opml",
        "--from",
        "-",
    ];
    evercite.run_with_input(&asked, lines).exits(0);
    let all = ["/a", "/b", "/c", "/d"].map(|path| site.url(path));
    assert_eq!(locators(&evercite), all);
    let dated = evercite.query("SELECT article FROM article_summary WHERE cited_at = '2016-02-05'");
    assert_eq!(
        dated.len(),
        1,
        "only the list that says `cited_at` decides without being asked"
    );
    assert_eq!(site.times("/a"), 1, "an article on two lists is visited once");
}

#[test]
fn a_watched_list_brings_its_new_entries() {
    let site = articles(Site::new(), &["/a", "/c", "/d", "/cited"])
        .page("/b", page("B", "<a href='/cited'>cited</a>"))
        .answer("/feed", rss(&["/a"]))
        .serve();
    let evercite = Evercite::new();
    let feed = site.url("/feed");
    evercite.ok(&["snapshot", "--from", &feed, "--watch", "--cited-at", "published"]);
    assert_eq!(locators(&evercite), [site.url("/a")]);
    assert!(evercite.ok(&["list"]).stdout.contains(&feed));
    let watched = evercite.ok(&["list", "--watched", "--format", "json"]).json();
    assert_eq!(
        (&watched[0]["list"], &watched[0]["kind"], &watched[0]["title"]),
        (&feed.as_str().into(), &"rss".into(), &"Tides".into())
    );

    site.set("/feed", rss(&["/b", "/a", "mailto:x@y"]));
    let ran = evercite.ok(&["check"]);
    assert!(ran.stderr.contains("1 new article\n"), "{ran}");
    assert_eq!(locators(&evercite), [site.url("/a"), site.url("/b")]);
    assert_eq!(
        evercite.report().class(&site.url("/cited")),
        "ok",
        "its links were visited, too"
    );
    let dated = evercite.query("SELECT article FROM article_summary WHERE cited_at = '2016-02-05'");
    assert_eq!(dated.len(), 2, "entries are dated as they were when the watching began");
    let quiet = evercite.ok(&["check", "--quiet"]);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));

    // What was taken off stays off; a snapshot of something else looks at the list as well.
    evercite.ok(&["remove", &site.url("/a")]);
    site.set("/feed", rss(&["/c", "/b", "/a"]));
    evercite.ok(&["snapshot", &site.url("/d")]);
    assert_eq!(locators(&evercite), [site.url("/b"), site.url("/c"), site.url("/d")]);

    // One article alone is checked without reading lists.
    site.forget();
    evercite.ok(&["check", &site.url("/b")]);
    assert_eq!(site.times("/feed"), 0);
    let removed = evercite.ok(&["remove", &feed]);
    assert!(removed.stdout.contains("no longer watched"), "{removed}");
    evercite.ok(&["check"]);
    assert_eq!(site.times("/feed"), 0);
    assert_eq!(locators(&evercite).len(), 3, "the articles stay");
    assert!(evercite.is_sound());
}

#[test]
fn a_watched_list_that_dies_stops_nothing() {
    let site = articles(Site::new(), &["/a", "/b"])
        .answer("/feed", rss(&["/a"]))
        .serve();
    let evercite = Evercite::new();
    let feed = site.url("/feed");
    evercite.write("list.txt", site.url("/b"));
    evercite.ok(&["snapshot", "--from", &feed, "--from", "list.txt", "--watch"]);
    for (answer, why) in [
        (Answer::status(410), "the server answers 410"),
        (
            Answer::html(page("Parked", "Buy this domain.")),
            "it is a web page, not a list",
        ),
        (Answer::bytes("text/xml", "<rss><chan"), "cannot be read"),
    ] {
        site.set("/feed", answer);
        let ran = evercite.ok(&["check"]);
        assert!(
            ran.stderr.contains(&format!("{feed} could not be read: ")) && ran.stderr.contains(why),
            "{ran}"
        );
        let listed = evercite.ok(&["list", "--watched", "--format", "json"]).json();
        assert!(
            listed[0]["failure"]
                .as_str()
                .is_some_and(|failure| failure.contains(why)),
            "{listed}"
        );
    }
    std::fs::remove_file(evercite.path("list.txt")).expect("the file is there");
    let ran = evercite.ok(&["check"]);
    assert!(ran.stderr.contains("list.txt could not be read"), "{ran}");

    // Nothing else to do: then it is a failure.
    for path in ["/a", "/b"] {
        evercite.ok(&["remove", &site.url(path)]);
    }
    let ran = evercite.run(&["check"]).exits(1);
    assert!(ran.never_panicked().stderr.contains("no list could be read"), "{ran}");

    site.set("/feed", rss(&["/a"]));
    evercite.ok(&["check"]);
    let listed = evercite.ok(&["list", "--watched", "--format", "json"]).json();
    assert!(listed[0]["failure"].is_null(), "{listed}");
}

#[test]
fn a_list_that_cannot_be_read_is_told_of() {
    let site = articles(Site::new(), &["/a"])
        .robots("User-agent: *\nDisallow: /private/\n")
        .answer("/private/feed", rss(&["/a"]))
        .answer(
            "/cut",
            Answer::bytes(
                "text/xml",
                format!("<rss><item><link>/a</link></item>{}", "<x>".repeat(300)),
            ),
        )
        .answer("/bomb", Answer::bytes("text/xml", coding::gzip_of_zeros(200 << 20)))
        .redirect(302, "/loop", "/loop")
        .serve();
    let evercite = Evercite::new();
    for (path, why) in [
        ("/missing", "the server answers 404"),
        ("/private/feed", "robots.txt disallows it"),
        ("/loop", "redirects more than 10 times"),
        ("/a", "it is a web page, not a list"),
        ("/bomb", "it has more than 50 MB"),
    ] {
        let ran = evercite
            .run(&["snapshot", "--from", &site.url(path), "--watch"])
            .exits(1);
        assert!(ran.never_panicked().stderr.contains(why), "{ran}");
        assert!(ran.peak_memory < 300 << 20, "{ran}");
    }
    assert_eq!(site.times("/private/feed"), 0);
    assert_eq!(
        evercite.value::<i64>("SELECT count(*) FROM watch"),
        0,
        "only what was read once is watched"
    );
    evercite.ok(&["snapshot", "--from", &site.url("/private/feed"), "--robots", "ignore"]);

    let both = ["snapshot", "--from", &site.url("/missing"), "--from", &site.url("/cut")];
    let ran = evercite.run(&both).exits(1);
    assert!(
        ran.stderr
            .contains("it is broken, and only what stands before that was read"),
        "{ran}"
    );
    assert!(ran.stdout.contains("Kept"), "the other list is kept: {ran}");

    let private = Evercite::on_the_public_web_only();
    let ran = private.run(&["snapshot", "--from", &site.url("/cut")]).exits(1);
    assert!(ran.stderr.contains("private or special address"), "{ran}");
}

#[test]
fn wrong_usage_is_answered_with_what_to_do() {
    let evercite = Evercite::new();
    evercite.write("feed.xml", "<rss><channel/></rss>");
    evercite.write("bookmarks.html", "<!DOCTYPE NETSCAPE-Bookmark-file-1>");
    for (arguments, words) in [
        (&["snapshot", "feed.xml"][..], "--from feed.xml"),
        (&["check", "feed.xml"], "--from feed.xml"),
        (&["snapshot", "--from", "missing.xml"], "no such file"),
        (&["snapshot", "--from", "-", "--watch"], "cannot be watched"),
        (&["snapshot", "feed.xml", "--cited-at", "published"], "--from"),
    ] {
        let ran = evercite.run(arguments).exits(3);
        assert!(ran.complains_clearly().stderr.contains(words), "{ran}");
    }
    evercite.run(&["snapshot", "feed.xml", "--watch"]).exits(3);
    let ran = evercite.ok(&["snapshot", "bookmarks.html"]);
    assert!(ran.stderr.contains("--from bookmarks.html"), "{ran}");
    let empty = evercite.ok(&["snapshot", "--from", "feed.xml"]);
    assert!(empty.stderr.contains("0 articles"), "{empty}");
}
