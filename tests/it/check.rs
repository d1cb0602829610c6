//! `check`: the second visit, and what it tells.

use crate::harness::{Answer, Evercite, LiveSite, Report, Site, citing, page, prose};

/// An article that cites `/source`, snapshot taken.
fn snapshot_of(source: Answer) -> (LiveSite, Evercite) {
    let site = Site::new()
        .answer("/source", source)
        .page("/article", citing(&["/source"]))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    assert_eq!(evercite.report().class(&site.url("/source")), "ok");
    (site, evercite)
}

#[test]
fn unchanged_pages_are_not_sent_again() {
    let site = Site::new()
        .answer("/source", Answer::html(page("Source", &prose("well", 5))).etag("s1"))
        .answer(
            "/dated",
            Answer::html("dated").header("Last-Modified", "Mon, 05 Jan 2026 10:00:00 GMT"),
        )
        .answer("/article", Answer::html(citing(&["/source", "/dated"])).etag("a1"))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    for round in 1..=2 {
        site.forget();
        evercite.ok(&["check"]);
        for (path, tag) in [("/article", "\"a1\""), ("/source", "\"s1\"")] {
            let asked = site.asked_for(path);
            assert_eq!(asked.len(), 1, "{path} in round {round}");
            assert_eq!(asked[0].header("if-none-match"), Some(tag), "{path}");
            assert_eq!(asked[0].status, 304, "{path}: no second body");
        }
        let dated = &site.asked_for("/dated")[0];
        assert_eq!(dated.header("if-modified-since"), Some("Mon, 05 Jan 2026 10:00:00 GMT"));
        let report = evercite.report();
        report.adds_up();
        assert_eq!(report.class(&site.url("/source")), "ok");
    }
    let bodies = "SELECT count(*) FROM payload p JOIN capture c ON c.payload_id = p.id JOIN url u ON u.id = c.url_id
         WHERE u.url LIKE '%/source' GROUP BY p.id";
    assert_eq!(evercite.value::<i64>(bodies), 3, "three captures, one body");
    assert!(
        evercite
            .ok(&["show", &site.url("/source")])
            .stdout
            .contains("well keepers")
    );
}

#[test]
fn the_same_bytes_under_another_status_are_judged_anew() {
    for (status, class) in [(404, "dead"), (410, "dead"), (500, "suspect"), (403, "blocked")] {
        let body = page("Source", &prose("well", 5));
        let (site, evercite) = snapshot_of(Answer::html(&body));
        site.set("/source", Answer::html(&body).under(status));
        evercite.run(&["check"]);
        assert_eq!(evercite.report().class(&site.url("/source")), class, "{status}");
    }
}

#[test]
fn an_article_that_answers_304_still_has_its_links_checked() {
    let site = Site::new()
        .page("/source", "here")
        .answer("/article", Answer::html(citing(&["/source"])).etag("same"))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    site.set("/source", Answer::status(410));
    evercite.run(&["check"]).exits(2);
    assert_eq!(site.asked_for("/article")[1].status, 304);
    assert_eq!(evercite.report().class(&site.url("/source")), "dead");
}

#[test]
fn each_way_a_page_can_change_has_its_word() {
    let before = prose("tower", 40);
    let noisy = |nonce: &str, ad: &str| {
        format!(
            "<html><head><title>Tower</title><meta name=\"csrf-token\" content=\"{nonce}\">\
             <script nonce=\"{nonce}\">track('{nonce}')</script></head><body>\
             <article><h1>Tower</h1><p>{before}</p></article>\
             <aside class=\"ad advertisement\"><p>{ad}</p></aside>\
             <form><input type=\"hidden\" name=\"token\" value=\"{nonce}\"></form></body></html>"
        )
    };
    let edited = before.replacen("for 49 reasons", "for 50 reasons", 1);
    assert_ne!(edited, before);
    let appended = format!("{before} {}", prose("annex", 40));
    let half = format!("{} {}", prose("tower", 26), prose("ruin", 8));
    for (what, old, new, class, content, code) in [
        ("nothing", page("T", &before), page("T", &before), "ok", "", 0),
        (
            "only noise",
            noisy("a1b2", "Buy boats"),
            noisy("c3d4", "Buy planes, cheap"),
            "ok",
            "",
            0,
        ),
        (
            "a number",
            page("T", &before),
            page("T", &edited),
            "changed",
            "minor",
            2,
        ),
        (
            "an annex",
            page("T", &before),
            page("T", &appended),
            "changed",
            "appended",
            2,
        ),
        ("a third", page("T", &before), page("T", &half), "changed", "major", 2),
        (
            "everything",
            page("T", &before),
            page("Casino", &prose("jackpot", 40)),
            "replaced",
            "replaced",
            2,
        ),
    ] {
        let (site, evercite) = snapshot_of(Answer::html(old));
        site.set("/source", Answer::html(new));
        evercite.run(&["check"]).exits(code);
        let report = evercite.report();
        let link = report.link(&site.url("/source"));
        assert_eq!(link["class"], class, "{what}: {link:#}");
        if class != "ok" {
            assert_eq!(link["content"], content, "{what}: {link:#}");
        }
        let jaccard = link["scores"]["jaccard"].as_f64();
        assert_eq!(jaccard.is_some(), code == 2, "{what}: {link:#}");
        assert!(
            jaccard.is_none_or(|score| (0.0..1.0).contains(&score)),
            "{what}: {link:#}"
        );
        assert_eq!(link["confirmed"], false, "{what}: only another day confirms");
    }
}

#[test]
fn a_page_that_says_not_found_with_200_is_dead() {
    let (site, evercite) = snapshot_of(Answer::html(page("Tower", &prose("tower", 10))));
    let soft = page(
        "Page not found",
        "Sorry, the page you are looking for could not be found. It may have been removed.",
    );
    site.set("/source", Answer::html(soft));
    evercite.run(&["check"]).exits(2);
    let report = evercite.report();
    let link = report.link(&site.url("/source"));
    assert_eq!(
        (&link["class"], &link["resource"]),
        (&"dead".into(), &"soft-404".into()),
        "{link:#}"
    );
}

#[test]
fn a_login_wall_is_blocked_not_changed() {
    let (site, evercite) = snapshot_of(Answer::html(page("Tower", &prose("tower", 10))));
    site.set("/source", Answer::redirect(302, "/login?next=/source"));
    site.set(
        "/login?next=/source",
        Answer::html(page("Log in", "Please log in to read on.")),
    );
    evercite.ok(&["check"]);
    let report = evercite.report();
    assert_eq!(report.link(&site.url("/source"))["access"], "login-redirect");
    assert_eq!(report.class(&site.url("/source")), "blocked");
}

#[test]
fn the_dead_are_told_once_saved_and_may_come_back() {
    let text = page("Tower", &prose("tower", 10));
    let (site, evercite) = snapshot_of(Answer::html(&text));
    site.set("/source", Answer::status(404));
    evercite.run(&["check"]).exits(2);
    let report = evercite.report();
    let link = report.link(&site.url("/source")).clone();
    assert_eq!((&link["class"], &link["status"]), (&"dead".into(), &404.into()));
    assert!(
        link["last_good"].is_string() && link["baseline"].is_object(),
        "the good copy is still known: {link:#}"
    );
    assert_eq!(report.total("saved"), 1);
    assert_eq!(
        evercite.ok(&["show", &site.url("/source"), "--as", "html"]).bytes,
        text.as_bytes()
    );
    site.set("/source", Answer::html(&text));
    evercite.ok(&["check"]);
    assert_eq!(evercite.report().class(&site.url("/source")), "ok");
    let ledger = evercite.query("SELECT class FROM verdict_history ORDER BY class");
    let classes: Vec<&str> = ledger.iter().filter_map(|row| row["class"].as_str()).collect();
    assert_eq!(classes, ["dead", "ok", "ok"], "the ledger keeps every verdict");
}

#[test]
fn new_links_are_taken_up_and_removed_ones_noted() {
    let site = Site::new()
        .page("/stays", "s")
        .page("/goes", "g")
        .page("/comes", "c")
        .page("/article", citing(&["/stays", "/goes"]))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    site.set("/article", Answer::html(citing(&["/stays", "/comes"])));
    site.set("/goes", Answer::status(404));
    site.forget();
    evercite.ok(&["check"]);
    let report = evercite.report();
    report.adds_up();
    for (path, class, state) in [
        ("/stays", "ok", "present"),
        ("/comes", "ok", "present"),
        ("/goes", "ok", "retargeted"),
    ] {
        let link = report.link(&site.url(path));
        assert_eq!(
            (&link["class"], &link["state"]),
            (&class.into(), &state.into()),
            "{path}: {link:#}"
        );
    }
    assert_eq!((report.total("links"), report.total("removed")), (2, 1));
    let short = evercite.ok(&["report", "--format", "json"]);
    assert!(
        !Report::of(&short).urls().contains(&site.url("/goes")),
        "nobody needs to look at it any more"
    );
    // And back again.
    site.set("/article", Answer::html(citing(&["/stays", "/comes", "/goes"])));
    evercite.run(&["check"]).exits(2);
    let report = evercite.report();
    assert_eq!(report.class(&site.url("/goes")), "dead");
    assert_eq!(report.total("removed"), 0);
}

#[test]
fn a_local_article_is_read_again() {
    let site = Site::new().page("/one", "1").gone("/two").serve();
    let evercite = Evercite::new();
    evercite.write("a.md", format!("[one]({})", site.url("/one")));
    evercite.ok(&["snapshot", "a.md"]);
    evercite.write("a.md", format!("[two]({})", site.url("/two")));
    evercite.run(&["check", "a.md"]).exits(2);
    let report = evercite.report();
    assert_eq!(report.link(&site.url("/one"))["state"], "removed");
    assert_eq!(report.class(&site.url("/two")), "dead");
}

#[test]
fn a_local_article_that_is_gone_keeps_its_links() {
    let site = Site::new().page("/one", "1").serve();
    let evercite = Evercite::new();
    evercite.write("a.md", format!("[one]({})", site.url("/one")));
    evercite.ok(&["snapshot", "a.md"]);
    std::fs::remove_file(evercite.path("a.md")).expect("it is removed");
    site.set("/one", Answer::status(404));
    evercite.run(&["check"]).exits(2).never_panicked();
    assert_eq!(evercite.report().class(&site.url("/one")), "dead");
}

#[test]
fn an_article_that_fails_for_a_while_keeps_its_links() {
    let site = Site::new()
        .page("/one", "1")
        .page("/article", citing(&["/one"]))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    site.set("/article", Answer::status(503));
    evercite.run(&["check"]).exits(1);
    let report = evercite.report();
    assert_eq!(
        report.link(&site.url("/one"))["state"],
        "present",
        "an error page has no links, the article has"
    );
    assert_eq!(site.times("/one"), 2);
}

#[test]
fn what_came_on_standard_input_has_its_links_checked_too() {
    let site = Site::new().page("/one", "1").serve();
    let evercite = Evercite::new();
    evercite
        .run_with_input(&["snapshot", "-"], format!("[one]({})", site.url("/one")))
        .exits(0);
    site.set("/one", Answer::status(410));
    evercite.run(&["check"]).exits(2);
    assert_eq!(evercite.report().class(&site.url("/one")), "dead");
}

#[test]
fn files_can_be_checked_without_an_archive() {
    let site = Site::new().page("/ok", "1").gone("/gone").serve();
    let evercite = Evercite::new();
    evercite.write(
        "a.md",
        format!("[one]({}) [two]({})", site.url("/ok"), site.url("/gone")),
    );
    evercite.write("fine.md", format!("[one]({})", site.url("/ok")));
    let ran = evercite.run_without_archive(&["check", "a.md"]).exits(2);
    assert!(
        ran.stdout.contains(&site.url("/gone")) && ran.stdout.contains("DEAD (1)"),
        "{ran}"
    );
    evercite.run(&["check", "a.md"]).exits(2);
    evercite.run(&["check", "fine.md"]).exits(0);
    evercite.run(&["check", "a.md", "--fail-on", "none"]).exits(0);
    let json = evercite.run(&["check", "a.md", "--format", "json"]).exits(2);
    assert_eq!(Report::of(&json).class(&site.url("/gone")), "dead");
    let piped = evercite
        .run_with_input(&["check", "-"], format!("<{}>", site.url("/gone")))
        .exits(2);
    assert!(piped.stdout.contains("DEAD (1)"), "{piped}");
    let mut left: Vec<_> = std::fs::read_dir(evercite.folder())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    left.sort();
    assert_eq!(left, ["a.md", "fine.md"], "no archive is left behind");
}

#[test]
fn a_file_that_is_not_in_the_archive_is_not_taken_for_one_that_is() {
    let site = Site::new().page("/ok", "1").gone("/gone").serve();
    let evercite = Evercite::new();
    evercite.write("old-notes.md", format!("[one]({})", site.url("/ok")));
    evercite.ok(&["snapshot", "old-notes.md"]);
    evercite.write("notes.md", format!("[two]({})", site.url("/gone")));
    let file = evercite.run(&["check", "notes.md"]).exits(2);
    assert!(file.stdout.contains(&site.url("/gone")), "{file}");
    let piped = evercite
        .run_with_input(&["check", "-"], format!("<{}>", site.url("/gone")))
        .exits(2);
    assert!(piped.stdout.contains(&site.url("/gone")), "{piped}");
    assert_eq!(evercite.report().articles(), ["old-notes.md"]);
}

#[test]
fn only_the_articles_named_are_visited() {
    let site = Site::new().page("/one", "1").page("/two", "2").serve();
    let evercite = Evercite::new();
    evercite.write("a.md", format!("[x]({})", site.url("/one")));
    evercite.write("b.md", format!("[x]({})", site.url("/two")));
    evercite.ok(&["snapshot", "a.md", "b.md"]);
    site.forget();
    evercite.ok(&["check", "b.md"]);
    assert_eq!((site.times("/one"), site.times("/two")), (0, 1));
}

#[test]
fn the_exit_code_is_about_what_was_checked() {
    let site = Site::new().gone("/gone").page("/ok", "2").serve();
    let evercite = Evercite::new();
    evercite.write("bad.md", format!("[x]({})", site.url("/gone")));
    evercite.write("good.md", format!("[x]({})", site.url("/ok")));
    evercite.ok(&["snapshot", "bad.md", "good.md"]);
    let ran = evercite.run(&["check", "good.md"]).exits(0);
    assert!(!ran.stdout.contains(&site.url("/gone")), "{ran}");
    evercite.run(&["check", "bad.md"]).exits(2);
}

#[test]
fn quiet_is_silent_until_something_changes() {
    let text = page("Tower", &prose("tower", 10));
    let (site, evercite) = snapshot_of(Answer::html(&text));
    let silent = evercite.run(&["check", "--quiet"]).exits(0);
    assert_eq!((silent.stdout.as_str(), silent.stderr.as_str()), ("", ""));
    site.set("/source", Answer::status(410));
    let told = evercite.run(&["check", "--quiet"]).exits(2);
    assert!(
        told.stdout.contains("DEAD (1)") && told.stdout.contains(&site.url("/source")),
        "{told}"
    );
    let old_news = evercite.run(&["check", "--quiet"]).exits(2);
    assert_eq!(
        (old_news.stdout.as_str(), old_news.stderr.as_str()),
        ("", ""),
        "told once is enough"
    );
    site.set("/source", Answer::html(&text));
    let good_news = evercite.run(&["check", "--quiet"]).exits(0);
    assert!(good_news.stdout.contains(&site.url("/source")), "{good_news}");
}

#[test]
fn fail_on_chooses_the_exit_code() {
    let (site, evercite) = snapshot_of(Answer::html("here"));
    site.set("/source", Answer::status(410));
    evercite.run(&["check", "--fail-on", "none"]).exits(0);
    evercite.run(&["check", "--fail-on", "changed"]).exits(0);
    evercite.run(&["check", "--fail-on", "dead"]).exits(2);
    site.forget();
    evercite
        .run(&["check", "--fail-on", "extinct"])
        .exits(3)
        .complains_clearly();
    assert_eq!(
        site.asked().len(),
        0,
        "a wrong flag is told before an hour of work, not after it"
    );
}

#[test]
fn a_redirect_that_becomes_permanent_is_a_move_and_a_move_is_no_finding() {
    let text = page("Tower", &prose("tower", 10));
    let (site, evercite) = snapshot_of(Answer::html(&text));
    site.set("/new-home", Answer::html(&text));
    site.set("/source", Answer::redirect(308, "/new-home"));
    evercite.run(&["check"]).exits(0);
    let report = evercite.report();
    let link = report.link(&site.url("/source"));
    assert_eq!(
        (&link["class"], &link["resource"]),
        (&"moved".into(), &"moved-same-content".into()),
        "{link:#}"
    );
    assert_eq!(link["final_url"], site.url("/new-home"));
}

#[test]
fn when_nearly_every_host_fails_no_verdict_is_given() {
    let hosts: Vec<LiveSite> = (2..=7)
        .map(|n| Site::new().page("/p", "p").serve_on(&format!("127.0.0.{n}")))
        .collect();
    let evercite = Evercite::new();
    let links: Vec<String> = hosts.iter().map(|host| format!("<{}>\n", host.url("/p"))).collect();
    evercite.write("a.md", links.join("\n"));
    evercite.ok(&["snapshot", "a.md"]);
    let urls: Vec<String> = hosts.iter().map(|host| host.url("/p")).collect();
    // The same names, and nobody there: our own line is down.
    drop(hosts);
    let ran = evercite.run(&["check"]).exits(0);
    assert!(ran.stdout.contains("outage"), "{ran}");
    let report = evercite.report();
    for url in urls {
        assert_eq!(report.class(&url), "ok", "what was known before stands");
    }
    assert_eq!(report.0["last_run"]["outage"], true);
}

#[test]
fn an_article_out_of_reach_is_no_success() {
    let site = Site::new().page("/x", page("X", &prose("lamp", 3))).serve();
    let evercite = Evercite::new();
    evercite.write("a.md", format!("[x]({})", site.url("/x")));
    evercite.ok(&["snapshot", "a.md"]);
    evercite.run(&["check"]).exits(0);
    std::fs::remove_file(evercite.path("a.md")).unwrap();
    let ran = evercite.run(&["check"]).exits(1);
    assert!(ran.stderr.contains("a.md could not be read"), "{}", ran.stderr);
    // Its links are visited all the same, and what was found in them has the last word.
    site.set("/x", Answer::status(404));
    evercite.run(&["check"]).exits(2);
}
