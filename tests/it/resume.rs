//! A run that was killed, stopped or cut short, and what goes on with it.

use std::{
    collections::BTreeSet,
    process::{Child, Command},
    time::{Duration, Instant},
};

use crate::harness::{Answer, Evercite, LiveSite, Site, citing, finish, page, prose};

const PAGES: usize = 200;

/// A site whose article cites many pages, each of which takes a moment.
fn a_slow_site() -> LiveSite {
    let paths: Vec<String> = (0..PAGES).map(|n| format!("/page/{n}")).collect();
    let mut site = Site::new().page("/article", citing(&paths));
    for (n, path) in paths.iter().enumerate() {
        let text = page(&format!("Page {n}"), &prose(&format!("thing{n}"), 5));
        site = site.answer(path, Answer::html(text).delayed(Duration::from_millis(15)));
    }
    site.serve()
}

/// Waits until the site was asked so often.
fn wait_for(site: &LiveSite, requests: usize) {
    let begun = Instant::now();
    while site.asked().len() < requests {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "only {} requests came",
            site.asked().len()
        );
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn kill(mut child: Child) {
    child.kill().expect("SIGKILL");
    child.wait().expect("it ends");
}

/// Paths of the pages that a copy of the archive, taken now, has.
fn committed(evercite: &Evercite) -> BTreeSet<String> {
    let copy = tempfile::tempdir().expect("a folder");
    for suffix in ["", "-wal"] {
        let mut name = evercite.archive().as_os_str().to_owned();
        name.push(suffix);
        // There may be no -wal file.
        let _ = std::fs::copy(name, copy.path().join(format!("copy.db{suffix}")));
    }
    let copied = rusqlite::Connection::open(copy.path().join("copy.db")).expect("SQLite opens the copy");
    let sound: String = copied
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("a word");
    assert_eq!(sound, "ok");
    let mut captured = copied
        .prepare("SELECT u.url FROM capture c JOIN url u ON u.id = c.url_id WHERE u.url LIKE '%/page/%'")
        .expect("the tables are there");
    let urls = captured.query_map([], |row| row.get::<_, String>(0)).expect("rows");
    urls.map(|url| url.map(|url| url[url.find("/page/").expect("a page")..].to_owned()))
        .collect::<Result<_, _>>()
        .expect("rows")
}

fn pages_asked(site: &LiveSite) -> BTreeSet<String> {
    site.asked()
        .into_iter()
        .map(|asked| asked.path)
        .filter(|path| path.starts_with("/page/"))
        .collect()
}

/// Every page in the archive with the bytes that the site has, and every link judged.
fn everything_is_there(evercite: &Evercite, site: &LiveSite) {
    let report = evercite.report();
    report.adds_up();
    assert_eq!(
        (report.total("links"), report.count("ok")),
        (PAGES as u64, PAGES as u64),
        "{:#}",
        report.0["totals"]
    );
    assert!(evercite.is_sound());
    assert_eq!(evercite.value::<i64>("SELECT count(*) FROM task WHERE done = 0"), 0);
    assert_eq!(
        evercite.value::<i64>("SELECT count(*) FROM run WHERE state <> 'finished'"),
        0
    );
    for n in [0, PAGES / 2, PAGES - 1] {
        let shown = evercite.ok(&["show", &site.url(&format!("/page/{n}")), "--as", "html"]);
        assert_eq!(
            shown.stdout,
            page(&format!("Page {n}"), &prose(&format!("thing{n}"), 5))
        );
    }
}

#[test]
fn a_run_killed_again_and_again_loses_nothing_and_asks_for_nothing_twice() {
    let (site, evercite) = (a_slow_site(), Evercite::new());
    let address = site.url("/article");
    let mut arguments = vec!["snapshot", &address, "--max-concurrency", "6"];
    let mut kept = BTreeSet::new();
    for requests in [1, 20, 45, 60] {
        site.forget();
        let child = evercite.command(&arguments).spawn().expect("it starts");
        wait_for(&site, requests);
        kill(child);
        assert!(kept.is_disjoint(&pages_asked(&site)), "asked again for what was kept");
        let now = committed(&evercite);
        assert!(kept.is_subset(&now), "what was kept once stays");
        kept = now;
        arguments = vec!["resume"];
    }
    assert!(
        !kept.is_empty() && kept.len() < PAGES,
        "{} pages were kept before the last kill",
        kept.len()
    );
    site.forget();
    evercite.ok(&["resume"]);
    let asked = pages_asked(&site);
    assert!(kept.is_disjoint(&asked), "asked again for what was kept");
    assert_eq!(kept.len() + asked.len(), PAGES);
    assert_eq!(
        site.asked().len(),
        site.asked().iter().map(|a| &a.path).collect::<BTreeSet<_>>().len(),
        "none twice"
    );
    everything_is_there(&evercite, &site);
    let idle = evercite.ok(&["resume"]);
    assert!(idle.stdout.contains("no unfinished run"), "{idle}");
}

#[test]
fn a_check_that_was_killed_goes_on_too() {
    let (site, evercite) = (a_slow_site(), Evercite::new());
    evercite.ok(&["snapshot", &site.url("/article")]);
    site.set("/page/7", Answer::status(410));
    site.forget();
    let child = evercite
        .command(&["check", "--max-concurrency", "6"])
        .spawn()
        .expect("it starts");
    wait_for(&site, 60);
    kill(child);
    evercite.run(&["resume"]);
    let report = evercite.report();
    assert_eq!((report.count("ok"), report.count("dead")), (PAGES as u64 - 1, 1));
    assert_eq!(report.0["last_run"]["kind"], "check");
    assert!(evercite.is_sound());
    for n in 0..PAGES {
        let captures = format!("SELECT count(*) FROM page_history WHERE url LIKE '%/page/{n}'");
        assert_eq!(
            evercite.value::<i64>(&captures),
            2,
            "/page/{n} was visited twice in all"
        );
    }
}

#[test]
fn a_new_run_takes_the_place_of_a_killed_one() {
    let (site, evercite) = (a_slow_site(), Evercite::new());
    let address = site.url("/article");
    let child = evercite
        .command(&["snapshot", &address, "--max-concurrency", "6"])
        .spawn()
        .expect("it starts");
    wait_for(&site, 30);
    kill(child);
    let ran = evercite.ok(&["snapshot", &address]);
    assert!(
        ran.stderr.contains("resume"),
        "it says that there was something to go on with: {ran}"
    );
    let report = evercite.report();
    assert_eq!(report.count("ok"), PAGES as u64);
    assert_eq!(
        evercite.value::<i64>("SELECT count(*) FROM run WHERE state = 'running'"),
        0
    );
}

#[test]
fn ctrl_c_finishes_what_is_in_flight_and_says_how_to_go_on() {
    let (site, evercite) = (a_slow_site(), Evercite::new());
    let arguments = ["snapshot", &site.url("/article"), "--max-concurrency", "6"];
    let child = evercite.command(&arguments).spawn().expect("it starts");
    wait_for(&site, 40);
    let pid = child.id().to_string();
    let told = Command::new("sh")
        .args(["-c", &format!("kill -INT {pid}")])
        .status()
        .expect("sh");
    assert!(told.success());
    let ran = finish(&arguments, child);
    ran.never_panicked();
    assert!(ran.stderr.contains("evercite resume"), "{ran}");
    assert_eq!(committed(&evercite), pages_asked(&site), "what was asked for is kept");
    evercite.ok(&["resume"]);
    everything_is_there(&evercite, &site);
}

#[test]
fn a_page_limit_stops_a_run_and_resume_goes_on() {
    let (site, evercite) = (a_slow_site(), Evercite::new());
    let first = evercite.ok(&[
        "snapshot",
        &site.url("/article"),
        "--page-limit",
        "50",
        "--max-concurrency",
        "6",
    ]);
    assert!(first.stderr.contains("evercite resume"), "{first}");
    let asked = pages_asked(&site);
    assert!((40..=50).contains(&asked.len()), "{} pages", asked.len());
    assert_eq!(committed(&evercite), asked);
    site.forget();
    evercite.ok(&["resume", "--page-limit", "1000"]);
    assert!(asked.is_disjoint(&pages_asked(&site)));
    everything_is_there(&evercite, &site);
}

#[test]
fn two_runs_never_overlap() {
    let site = Site::new()
        .answer("/source", Answer::html("slow").delayed(Duration::from_millis(2500)))
        .page("/article", citing(&["/source"]))
        .serve();
    let evercite = Evercite::new();
    let arguments = ["snapshot", &site.url("/article"), "--timeout", "20"];
    let running = evercite.command(&arguments).spawn().expect("it starts");
    let pid = running.id().to_string();
    wait_for(&site, 3);
    evercite.write("other.md", "[x](http://127.9.9.9:9/)");
    for second in [
        &["snapshot", "other.md"][..],
        &["check"],
        &["resume"],
        &["check", "--quiet"],
        &["remove", &site.url("/article")],
    ] {
        let ran = evercite.run(second).exits(1);
        ran.complains_clearly();
        assert!(ran.stderr.contains("another run") && ran.stderr.contains(&pid), "{ran}");
    }
    evercite.ok(&["report"]);
    evercite.ok(&["list"]);
    finish(&arguments, running).exits(0);
    assert_eq!(evercite.report().articles(), [site.url("/article")]);
    evercite.ok(&["check"]);
}

#[test]
fn reading_goes_on_while_a_run_writes() {
    let (site, evercite) = (a_slow_site(), Evercite::new());
    let arguments = ["snapshot", &site.url("/article"), "--max-concurrency", "6"];
    let running = evercite.command(&arguments).spawn().expect("it starts");
    wait_for(&site, 30);
    evercite.report().adds_up();
    evercite.query("SELECT count(*) AS n FROM page_history");
    finish(&arguments, running).exits(0);
    everything_is_there(&evercite, &site);
}
