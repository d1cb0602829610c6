//! `backup`: the whole archive, while it is in use, and back again.

use std::{collections::BTreeSet, path::Path, time::Duration};

use crate::harness::{Answer, Evercite, LiveSite, Site, citing, finish, page, prose};

const PAGES: usize = 60;

/// An article that cites many pages, each of which takes a moment.
fn a_slow_site(edition: usize) -> LiveSite {
    let paths: Vec<String> = (0..PAGES).map(|n| format!("/page/{n}")).collect();
    let site = Site::new()
        .page("/article", citing(&paths))
        .redirect(301, "/moved", "/page/1")
        .gone("/gone")
        .serve();
    set(&site, edition);
    site
}

fn set(site: &LiveSite, edition: usize) {
    for n in 0..PAGES {
        let text = format!(
            "{} {}",
            prose(&format!("thing{n}"), 30),
            prose(&format!("news{edition}"), 2)
        );
        let answer = Answer::html(page(&format!("Page {n}, edition {edition}"), &text));
        site.set(&format!("/page/{n}"), answer.delayed(Duration::from_millis(10)));
    }
}

/// Names of the captures in a file.
fn captures(file: &Path) -> BTreeSet<Vec<u8>> {
    let sql = rusqlite::Connection::open_with_flags(file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
        .expect("SQLite opens it");
    let mut uids = sql.prepare("SELECT uid FROM capture").expect("the table is there");
    let uids = uids.query_map([], |row| row.get(0)).expect("rows");
    uids.collect::<Result<_, _>>().expect("names")
}

#[test]
fn the_restore_drill() {
    let site = a_slow_site(0);
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article"), "--assets", "all"]);
    for edition in [1, 2] {
        set(&site, edition);
        evercite.ok(&["check", "--fail-on", "none"]);
    }
    evercite.ok(&["compact", "--level", "3", "--quiet"]);
    let ran = evercite.ok(&["backup", "copies/one.db"]);
    let count = evercite.value::<i64>("SELECT count(*) FROM capture");
    assert!(ran.stdout.contains(&format!("{count} captures")), "{ran}");
    let elsewhere = Evercite::new();
    std::fs::copy(evercite.path("copies/one.db"), elsewhere.archive()).expect("it is copied back");
    assert!(elsewhere.is_sound());
    elsewhere.ok(&["verify", "--full"]);
    let (was, is) = (evercite.bodies(), elsewhere.bodies());
    assert!(was.len() >= 3 * PAGES && was == is, "every body, byte for byte");
    for table in evercite.tables() {
        assert!(evercite.rows_of(&table) == elsewhere.rows_of(&table), "{table}");
    }
    assert_eq!(evercite.report().0["links"], elsewhere.report().0["links"]);
    let shown = elsewhere.ok(&["show", &site.url("/page/7"), "--as", "html"]);
    assert!(shown.stdout.contains("edition 2"), "{shown}");
    // And it is gone on with.
    set(&site, 3);
    elsewhere.ok(&["check", "--fail-on", "none"]);
    let shown = elsewhere.ok(&["show", &site.url("/page/7"), "--as", "html"]);
    assert!(shown.stdout.contains("edition 3"), "{shown}");
    assert!(elsewhere.is_sound());
}

#[test]
fn taken_while_a_crawl_writes() {
    let (site, evercite) = (a_slow_site(0), Evercite::new());
    evercite.ok(&["snapshot", &site.url("/article")]);
    set(&site, 1);
    let before = evercite.value::<i64>("SELECT count(*) FROM capture");
    let arguments = ["check", "--fail-on", "none", "--max-concurrency", "2"];
    let crawl = evercite.command(&arguments).spawn().expect("it starts");
    let mut sizes = Vec::new();
    for n in 0.. {
        let acknowledged = captures(evercite.archive());
        let name = format!("copy-{n}.db");
        evercite.ok(&["backup", &name]);
        let copy = Evercite::new();
        std::fs::copy(evercite.path(&name), copy.archive()).expect("a copy");
        assert!(copy.is_sound());
        let held = captures(copy.archive());
        assert!(held.is_superset(&acknowledged), "all that was acknowledged before");
        copy.bodies();
        sizes.push(held.len());
        if held.len() >= before as usize + PAGES || n == 200 {
            break;
        }
    }
    finish(&arguments, crawl).exits(0);
    let all = captures(evercite.archive());
    let between = sizes
        .iter()
        .filter(|size| **size > before as usize && **size < all.len());
    assert!(
        between.count() > 0,
        "some were taken on the way: {sizes:?} of {}",
        all.len()
    );
    assert!(evercite.is_sound());
}

#[test]
fn what_is_there_is_replaced_only_when_asked_for() {
    let (site, evercite) = (a_slow_site(0), Evercite::new());
    evercite.ok(&["snapshot", &site.url("/article")]);
    evercite.ok(&["backup", "copy.db"]);
    let first = std::fs::read(evercite.path("copy.db")).expect("a copy");
    set(&site, 1);
    evercite.ok(&["check", "--fail-on", "none"]);
    let refused = evercite.run(&["backup", "copy.db"]).exits(3);
    refused.complains_clearly();
    assert!(refused.stderr.contains("--replace"), "{refused}");
    assert!(std::fs::read(evercite.path("copy.db")).expect("a copy") == first);
    // What a killed backup left is tidied away, others' files are not.
    evercite.write("copy.db.x1.partial", "half");
    evercite.write("other.db.x1.partial", "half");
    assert!(
        evercite
            .ok(&["backup", "copy.db", "--replace", "--quiet"])
            .stdout
            .is_empty()
    );
    let mut names: Vec<String> = std::fs::read_dir(evercite.folder())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["archive.db", "archive.db.lock", "copy.db", "other.db.x1.partial"]
    );
    assert_eq!(captures(&evercite.path("copy.db")), captures(evercite.archive()));
    for (arguments, code) in [
        (vec!["backup", "archive.db", "--replace"], 3),
        (vec!["backup", "copy.db", "--replace", "--keep", "2"], 3),
        (vec!["backup", "copies/", "--keep", "0"], 3),
    ] {
        let ran = evercite.run(&arguments).exits(code);
        ran.never_panicked();
    }
    evercite.write("used.db", "");
    evercite.write("used.db-wal", "a log");
    let ran = evercite.run(&["backup", "used.db", "--replace"]).exits(1);
    assert!(ran.complains_clearly().stderr.contains("in use"), "{ran}");
    Evercite::new().run(&["backup", "copy.db"]).exits(3);
}

#[test]
fn dated_backups_in_a_folder_and_the_newest_of_them() {
    let (site, evercite) = (Site::new().page("/article", citing(&["/x"])).serve(), Evercite::new());
    evercite.ok(&["snapshot", &site.url("/article")]);
    for name in [
        "copies/archive-2025-01-01T000000Z.db",
        "copies/archive-2025-01-02T000000Z.db",
        "copies/archive-2025-01-03T000000Z.db",
        "copies/mine.db",
    ] {
        evercite.write(name, "old");
    }
    let ran = evercite.ok(&["backup", "copies", "--keep", "2"]);
    assert!(ran.stdout.contains("2 older removed"), "{ran}");
    let mut names: Vec<String> = std::fs::read_dir(evercite.path("copies"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names.len(), 3, "{names:?}");
    assert_eq!(
        (names[0].as_str(), names[2].as_str()),
        ("archive-2025-01-03T000000Z.db", "mine.db")
    );
    assert_eq!(
        captures(&evercite.path("copies").join(&names[1])),
        captures(evercite.archive())
    );
    evercite.ok(&["backup", "new/"]);
    assert_eq!(std::fs::read_dir(evercite.path("new")).expect("it is made").count(), 1);
}

#[test]
fn a_damaged_archive_is_not_passed_on_as_a_backup() {
    let (site, evercite) = (a_slow_site(0), Evercite::new());
    evercite.ok(&["snapshot", &site.url("/article")]);
    let root = evercite.value::<i64>("SELECT rootpage FROM sqlite_schema WHERE name = 'capture_by_url'");
    let mut bytes = std::fs::read(evercite.archive()).expect("the archive");
    let page = (root as usize - 1) * 4096;
    bytes[page..page + 4096].fill(0xa5);
    std::fs::write(evercite.archive(), bytes).expect("it is damaged");
    let ran = evercite.run(&["backup", "copy.db"]).exits(1);
    ran.complains_clearly();
    assert!(!evercite.path("copy.db").exists(), "{ran}");
}
