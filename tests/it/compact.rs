//! `compact`: less room, and every byte as it was.

use std::time::Duration;

use crate::harness::{Answer, Evercite, LiveSite, Site, citing, page, prose};

const PAGES: usize = 24;

fn text(n: usize, edition: usize) -> String {
    let title = format!("Page {n}, edition {edition}");
    page(
        &title,
        &format!(
            "{} {}",
            prose(&format!("thing{n}"), 120),
            prose(&format!("news{edition}"), 3)
        ),
    )
}

fn path(n: usize) -> String {
    format!("/page/{n}")
}

fn set(site: &LiveSite, edition: usize) {
    for n in 0..PAGES {
        site.set(&path(n), Answer::html(text(n, edition)));
    }
}

/// An archive with three editions of each page.
fn archived() -> (LiveSite, Evercite) {
    let paths: Vec<String> = (0..PAGES).map(path).collect();
    let (site, evercite) = (Site::new().page("/article", citing(&paths)).serve(), Evercite::new());
    for (edition, verb) in [
        vec!["snapshot", &site.url("/article")],
        vec!["check", "--fail-on", "none"],
        vec!["check", "--fail-on", "none"],
    ]
    .iter()
    .enumerate()
    {
        set(&site, edition);
        evercite.ok(verb);
    }
    let captured = "SELECT count(*) FROM capture WHERE purpose = 'citation' AND status = 200";
    assert_eq!(
        evercite.value::<i64>(captured),
        3 * PAGES as i64,
        "every edition of every page came"
    );
    (site, evercite)
}

fn everything_is_as_it_was(site: &LiveSite, evercite: &Evercite) {
    assert!(evercite.is_sound());
    for n in [0, 1, PAGES / 2, PAGES - 1] {
        let shown = evercite.ok(&["show", &site.url(&path(n)), "--as", "html"]);
        assert!(shown.stdout == text(n, 2), "page {n}: {:.200}", shown.stdout);
    }
    let hits = evercite.ok(&["search", "thing3", "--format", "json"]).json();
    let pages = hits.as_array().expect("hits");
    assert_eq!(pages.len(), 1, "{hits}");
    assert_eq!(pages[0]["versions"].as_array().map(Vec::len), Some(3), "{hits}");
    assert!(
        pages[0]["snippet"].as_str().is_some_and(|s| s.contains("[thing3]")),
        "{hits}"
    );
    assert!(evercite.value::<i64>("SELECT max(depth) FROM blob") <= 16);
}

fn rows(evercite: &Evercite) -> String {
    let sums =
        "SELECT (SELECT group_concat(id || codec || coalesce(base_id, '') || depth || level || hex(data)) FROM blob)
        || (SELECT group_concat(page_version_id || level || hex(data)) FROM page_text)";
    evercite.value(sums)
}

#[test]
fn the_archive_gets_smaller_and_says_the_same() {
    let (site, evercite) = archived();
    everything_is_as_it_was(&site, &evercite);
    let report = evercite.report().0;
    let size = || std::fs::metadata(evercite.archive()).expect("a file").len();
    let bodies = || evercite.value::<i64>("SELECT sum(length(data)) FROM blob");
    let (file_before, bodies_before) = (size(), bodies());
    let ran = evercite.ok(&["compact"]);
    assert!(
        ran.stdout.starts_with("bodies") && ran.stdout.contains("archive"),
        "{ran}"
    );
    assert!(bodies() < bodies_before && size() <= file_before, "{ran}");
    assert_eq!(evercite.value::<i64>("PRAGMA freelist_count"), 0);
    everything_is_as_it_was(&site, &evercite);
    assert_eq!(evercite.report().0["links"], report["links"]);
    let before = rows(&evercite);
    assert!(evercite.ok(&["compact", "--level", "9", "--quiet"]).stdout.is_empty());
    evercite.ok(&["compact"]);
    assert!(rows(&evercite) == before, "the second time changes nothing");
    let compacted = size();
    evercite.ok(&["compact", "--rebuild"]);
    assert!(size() <= compacted && rows(&evercite) == before);
    // And the next run builds upon it.
    set(&site, 2);
    evercite.ok(&["check", "--fail-on", "none"]);
    everything_is_as_it_was(&site, &evercite);
}

#[test]
fn killed_again_and_again_it_loses_nothing() {
    let (site, evercite) = archived();
    let tried = || evercite.value::<i64>("SELECT count(*) FROM blob WHERE level = 19");
    let mut stopped_on_the_way = 0;
    for wait in [5, 40, 80, 120, 160, 240] {
        let mut child = evercite.command(&["compact"]).spawn().expect("it starts");
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().expect("SIGKILL");
        child.wait().expect("it ends");
        everything_is_as_it_was(&site, &evercite);
        stopped_on_the_way += usize::from(tried() < evercite.value::<i64>("SELECT count(*) FROM blob"));
    }
    assert!(stopped_on_the_way > 0, "at least the first was not finished");
    evercite.ok(&["compact"]);
    assert_eq!(tried(), evercite.value::<i64>("SELECT count(*) FROM blob"));
    everything_is_as_it_was(&site, &evercite);
}

#[test]
fn it_waits_for_no_other_run() {
    let (_site, evercite) = archived();
    let lock = std::fs::File::open(evercite.path("archive.db.lock")).expect("a lock file");
    lock.lock().expect("the lock");
    let ran = evercite.run(&["compact"]).exits(1);
    ran.complains_clearly();
    assert!(ran.stderr.contains("another run"), "{ran}");
    drop(lock);
    evercite.ok(&["compact", "--level", "3"]);
    evercite.run(&["compact", "--level", "23"]).exits(3);
    Evercite::new().run(&["compact"]).exits(3);
}
