//! Hosts are asked as they want to be asked, within a run and in the next one.

use std::time::{Duration, Instant};

use crate::harness::{Answer, Evercite, LiveSite, Site, finish};

/// One request at a time, so that what is asked first is known.
const ONE_BY_ONE: &[&str] = &["--max-concurrency", "1"];

fn citing_all(evercite: &Evercite, site: &LiveSite, paths: &[&str]) {
    let links: Vec<String> = paths.iter().map(|path| format!("<{}>", site.url(path))).collect();
    evercite.write("a.md", links.join("\n\n"));
}

/// Changes the archive behind its back, as time would.
fn change(evercite: &Evercite, sql: &str) {
    let archive = rusqlite::Connection::open(evercite.archive()).expect("SQLite opens the archive");
    assert!(archive.execute(sql, []).expect("a statement") > 0, "{sql}");
}

#[test]
fn a_host_that_wants_to_be_left_alone_is_left_alone_in_the_next_run_too() {
    let limited = Answer::status(429).header("Retry-After", "7200");
    let site = Site::new()
        .answer("/limited", limited)
        .page("/b", "b")
        .page("/c", "c")
        .serve();
    let other = Site::new().page("/x", "x").serve_on("127.0.0.2");
    let evercite = Evercite::new();
    evercite.write(
        "a.md",
        format!(
            "<{}> <{}> <{}> <{}>",
            site.url("/limited"),
            site.url("/b"),
            site.url("/c"),
            other.url("/x")
        ),
    );
    let ran = evercite.ok(&[&["snapshot", "a.md", "--max-retries", "2"], ONE_BY_ONE].concat());
    assert!(ran.stderr.contains("2 links left for a later run"), "{ran}");
    assert_eq!((site.times("/limited"), site.times("/b"), site.times("/c")), (1, 0, 0));
    let report = evercite.report();
    report.adds_up();
    for (url, class) in [
        (site.url("/limited"), "blocked"),
        (site.url("/b"), "unchecked"),
        (site.url("/c"), "unchecked"),
        (other.url("/x"), "ok"),
    ] {
        assert_eq!(report.class(&url), class, "{url}");
    }
    let left = report.link(&site.url("/b"));
    let reason = left["reason"].as_str().expect("a reason");
    assert!(reason.contains("left for a later run"), "{left:#}");

    site.forget();
    evercite.ok(&["check"]);
    assert_eq!(site.asked().len(), 0, "not asked before its time");
    assert_eq!(other.times("/x"), 2);
    assert_eq!(evercite.report().class(&site.url("/limited")), "blocked");

    change(&evercite, "UPDATE host_state SET not_before = updated_at");
    site.set("/limited", Answer::html("open again"));
    evercite.ok(&["check"]);
    let report = evercite.report();
    for path in ["/limited", "/b", "/c"] {
        assert_eq!(report.class(&site.url(path)), "ok", "{path}");
    }
    assert!(evercite.is_sound());
}

#[test]
fn what_was_good_stays_good_while_its_host_is_left_alone() {
    let site = Site::new().page("/a", "a").page("/b", "b").serve();
    let evercite = Evercite::new();
    citing_all(&evercite, &site, &["/a", "/b"]);
    evercite.ok(&["snapshot", "a.md"]);
    let seen = evercite.report().link(&site.url("/b"))["last_good"].clone();
    site.set("/a", Answer::status(503).header("Retry-After", "99999999"));
    std::thread::sleep(Duration::from_millis(1_100));
    evercite.run(&[&["check"], ONE_BY_ONE].concat());
    assert_eq!(site.times("/b"), 1, "asked in the first run only");
    let report = evercite.report();
    let link = report.link(&site.url("/b"));
    assert_eq!((&link["class"], &link["last_good"]), (&"ok".into(), &seen), "{link:#}");
    let longest: i64 = evercite.value("SELECT max(not_before - updated_at) FROM host_state");
    assert!(longest <= 24 * 3600 * 1000, "a day at most: {longest}");
}

#[test]
fn a_redirect_is_followed_when_it_says() {
    let soon = Answer::redirect(302, "/here").header("Retry-After", "1");
    let late = Answer::redirect(302, "/there").header("Retry-After", "3600");
    let site = Site::new()
        .answer("/soon", soon)
        .answer("/late", late)
        .page("/here", "here")
        .page("/there", "there")
        .serve();
    let evercite = Evercite::new();
    citing_all(&evercite, &site, &["/soon", "/late"]);
    let begun = Instant::now();
    evercite.ok(&["snapshot", "a.md"]);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let report = evercite.report();
    assert_eq!(
        (report.class(&site.url("/soon")), report.class(&site.url("/late"))),
        ("ok", "unchecked")
    );
    assert_eq!((site.times("/here"), site.times("/there")), (1, 0));
}

#[test]
fn a_date_is_as_good_as_seconds() {
    let past = Answer::status(503).header("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT");
    let far = Answer::status(503).header("Retry-After", "Friday, 31-Dec-60 23:59:59 GMT");
    let site = Site::new().answer("/past", past).answer("/far", far).serve();
    let evercite = Evercite::new();
    citing_all(&evercite, &site, &["/past", "/far"]);
    evercite.ok(&[&["snapshot", "a.md", "--max-retries", "1"], ONE_BY_ONE].concat());
    assert_eq!(
        (site.times("/past"), site.times("/far")),
        (1, 1),
        "the second closes the host"
    );
}

#[test]
fn what_a_run_learns_of_a_host_is_remembered() {
    let slow = Answer::html("slow").delayed(Duration::from_millis(200));
    let site = Site::new()
        .robots("User-agent: *\nCrawl-delay: 0.1\n")
        .answer("/slow", slow)
        .serve();
    let evercite = Evercite::new();
    citing_all(&evercite, &site, &["/slow"]);
    evercite.ok(&["snapshot", "a.md", "--host-concurrency", "2"]);
    let learned: (i64, i64) = evercite
        .sqlite()
        .query_row("SELECT response_ms, crawl_delay_ms FROM host_state", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .expect("a row");
    assert!(learned.0 >= 20 && learned.1 == 100, "{learned:?}");
    let free = Evercite::new();
    citing_all(&free, &site, &["/slow"]);
    free.ok(&["snapshot", "a.md", "--robots", "ignore"]);
    assert_eq!(
        free.value::<i64>("SELECT count(*) FROM host_state"),
        0,
        "without limits nothing is learned"
    );
}

#[test]
fn what_is_said_of_a_host_holds_for_it_alone() {
    let there = Site::new().page("/there", "there").serve_on("127.0.0.2");
    let site = Site::new()
        .robots("User-agent: *\nDisallow: /\n")
        .redirect(302, "/away", &there.url("/there"))
        .answer("/slow", Answer::html("slow").delayed(Duration::from_secs(2)))
        .page("/plain", "plain")
        .serve();
    let evercite = Evercite::new();
    evercite.write(
        "evercite.toml",
        "[hosts.'127.0.0.1']\nauth-env = 'MY_TOKEN'\nrobots = 'ignore'\nuser-agent = 'own/1'\ntimeout = '500ms'\n\
         headers = { X-Key = 'hush-key' }\n",
    );
    citing_all(&evercite, &site, &["/away", "/slow", "/plain"]);
    let arguments = ["snapshot", "a.md"];
    let mut command = evercite.command(&arguments);
    command.env("MY_TOKEN", "Bearer hush-token");
    finish(&arguments, command.spawn().expect("it starts")).exits(0);
    let report = evercite.report();
    assert_eq!(report.class(&site.url("/plain")), "ok");
    assert_eq!(report.class(&site.url("/away")), "ok");
    assert_eq!(report.link(&site.url("/slow"))["transport"], "read-timeout");
    assert_eq!((site.times("/robots.txt"), there.times("/robots.txt")), (0, 1));
    let asked = &site.asked_for("/away")[0];
    assert_eq!(asked.header("authorization"), Some("Bearer hush-token"));
    assert_eq!(
        (asked.header("x-key"), asked.header("user-agent")),
        (Some("hush-key"), Some("own/1"))
    );
    for asked in there.asked() {
        assert_eq!((asked.header("authorization"), asked.header("x-key")), (None, None));
        assert!(
            asked
                .header("user-agent")
                .is_some_and(|agent| agent.starts_with("evercite/"))
        );
    }
    let kept = evercite.every_byte();
    for secret in ["hush-token", "hush-key"] {
        let found = kept.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
        assert!(!found, "{secret} is in the archive");
    }
}

#[test]
fn mistakes_in_what_is_said_of_hosts_are_told() {
    let evercite = Evercite::new();
    evercite.write("a.md", "text");
    for (table, why) in [
        ("[hosts.'a.example']\nmax-rate = 1", "max-rate"),
        ("[hosts.'http://a.example']\nconcurrency = 1", "names no host"),
        ("[hosts.'a.example']\nauth-env = 'NEVER_SET'", "NEVER_SET"),
        ("[hosts.'a.example']\nheaders = { 'no name' = 'x' }", "header name"),
    ] {
        evercite.write("evercite.toml", table);
        let ran = evercite.run(&["snapshot", "a.md"]).exits(3);
        ran.complains_clearly();
        assert!(ran.stderr.contains(why), "{table}: {ran}");
    }
}

#[test]
fn a_robots_file_is_followed_over_five_redirects_and_kept_a_day() {
    for (redirects, class) in [(5, "excluded"), (6, "ok")] {
        let mut site = Site::new().page("/source", "s").redirect(301, "/robots.txt", "/r1");
        for n in 1..redirects {
            site = site.redirect(302, &format!("/r{n}"), &format!("/r{}", n + 1));
        }
        let file = Answer::bytes("text/plain", "User-agent: *\nDisallow: /\n");
        let site = site.answer(&format!("/r{redirects}"), file).serve();
        let evercite = Evercite::new();
        citing_all(&evercite, &site, &["/source"]);
        evercite.ok(&["snapshot", "a.md"]);
        assert_eq!(
            evercite.report().class(&site.url("/source")),
            class,
            "{redirects} redirects"
        );
        evercite.ok(&["check"]);
        assert_eq!(site.times("/robots.txt"), 1, "the copy of the first run serves");
        change(
            &evercite,
            "UPDATE capture SET at = at - 86400001 WHERE purpose = 'robots'",
        );
        evercite.ok(&["check"]);
        assert_eq!(site.times("/robots.txt"), 2, "for a day");
        assert_eq!(evercite.report().class(&site.url("/source")), class);
    }
}
