//! `merge`: everything of another archive comes, once, and nothing else changes.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::harness::{Answer, Evercite, LiveSite, Site, citing, page, prose};

fn path(n: usize) -> String {
    format!("/page/{n}")
}

fn text(n: usize, edition: usize) -> String {
    let said = prose(&format!("thing{n}"), 30);
    page(
        &format!("Page {n}"),
        &format!("{said} {}", prose(&format!("news{n}x{edition}"), 12 * edition)),
    )
}

fn paths(pages: std::ops::Range<usize>) -> Vec<String> {
    pages.map(path).collect()
}

/// Two archives of articles that overlap: one is in both, and was changed in between.
fn two() -> (LiveSite, Evercite, Evercite) {
    let mut site = Site::new()
        .page("/one", citing(&paths(0..5)))
        .page("/two", citing(&paths(3..8)))
        .page("/three", citing(&paths(6..9)));
    for n in 0..9 {
        site = site.page(&path(n), text(n, 0));
    }
    let site = site.serve();
    let (ours, theirs) = (Evercite::new(), Evercite::new());
    ours.ok(&["snapshot", &site.url("/one"), &site.url("/three")]);
    theirs.ok(&["snapshot", &site.url("/one"), &site.url("/two")]);
    site.set(&path(1), Answer::html(text(1, 1)));
    site.set(&path(2), Answer::html(text(2, 0)).under(404));
    ours.ok(&["check", "--fail-on", "none"]);
    site.set("/one", Answer::html(citing(&paths(1..6))));
    site.set(&path(2), Answer::html(text(2, 0)));
    site.set(&path(4), Answer::html(text(4, 2)).under(410));
    theirs.ok(&["check", "--fail-on", "none"]);
    (site, ours, theirs)
}

/// A copy of an archive at rest.
fn copy(of: &Evercite) -> Evercite {
    let copy = Evercite::new();
    std::fs::copy(of.archive(), copy.archive()).expect("a copy");
    copy
}

fn other(evercite: &Evercite) -> &str {
    evercite.archive().to_str().expect("UTF-8")
}

/// Captures by uid, with their heads and all that names no row.
fn captures(evercite: &Evercite) -> BTreeMap<String, String> {
    let heads = evercite.heads();
    let sql = evercite.sqlite();
    let mut statement = sql
        .prepare(
            "SELECT c.id, lower(hex(c.uid)), r.uid || ' ' || u.url || ' ' || c.at || ' ' || c.purpose || ' '
                 || coalesce(lower(hex(p.sha256)), '-') || ' ' || coalesce(lower(hex(v.uid)), '-') || ' '
                 || lower(hex(l.uid)) || ' ' || coalesce(lower(hex(f.uid)), '-') || ' ' || lower(hex(c.leaf))
             FROM capture c JOIN run r ON r.id = c.run_id JOIN url u ON u.id = c.url_id
             JOIN capture l ON l.id = c.last_id LEFT JOIN payload p ON p.id = c.payload_id
             LEFT JOIN capture v ON v.id = c.via_id LEFT JOIN capture f ON f.id = c.refers_to_id",
        )
        .expect("a query");
    let rows = statement.query_map([], |row| {
        let id: i64 = row.get(0)?;
        let head = String::from_utf8_lossy(heads.get(&id).map_or(&[], Vec::as_slice)).into_owned();
        Ok((row.get(1)?, format!("{} {head}", row.get::<_, String>(2)?)))
    });
    rows.expect("rows").collect::<Result<_, _>>().expect("values")
}

/// What is said of every link.
fn said(evercite: &Evercite) -> BTreeSet<String> {
    let report = evercite.report();
    report.adds_up();
    let links = report.links().iter();
    links
        .map(|link| {
            [
                "article",
                "url",
                "class",
                "state",
                "since",
                "last_checked",
                "first_seen",
            ]
            .map(|name| link[name].to_string())
            .join(" ")
        })
        .collect()
}

fn union<K: Ord + Clone, V: Clone + PartialEq + std::fmt::Debug>(
    one: &BTreeMap<K, V>,
    two: &BTreeMap<K, V>,
) -> BTreeMap<K, V> {
    let mut all = one.clone();
    for (key, value) in two {
        let was = all.insert(key.clone(), value.clone());
        assert!(was.is_none_or(|was| was == *value));
    }
    all
}

fn is_whole(evercite: &Evercite) {
    assert!(evercite.is_sound());
    evercite.ok(&["verify", "--full"]);
}

type Rows = BTreeMap<String, Vec<Vec<rusqlite::types::Value>>>;

fn rows(evercite: &Evercite) -> Rows {
    let tables = evercite.tables().into_iter();
    tables.map(|table| (table.clone(), evercite.rows_of(&table))).collect()
}

#[test]
fn everything_comes_and_only_once() {
    let (site, ours, theirs) = two();
    let reverse = (copy(&theirs), copy(&ours));
    let (ours_before, theirs_before) = (rows(&ours), rows(&theirs));
    let all = union(&captures(&ours), &captures(&theirs));
    let bodies = union(&ours.bodies(), &theirs.bodies());
    let cited: BTreeSet<String> = ours.report().urls().into_iter().chain(theirs.report().urls()).collect();
    let dry = ours.ok(&["merge", other(&theirs), "--dry-run"]);
    assert!(
        dry.stdout.starts_with("2 runs, ") && dry.stdout.contains("Nothing was done"),
        "{dry}"
    );
    assert!(rows(&ours) == ours_before, "a dry run writes nothing");
    let ran = ours.ok(&["merge", other(&theirs)]);
    assert!(ran.stdout.contains("2 runs, ") && ran.stdout.contains("taken"), "{ran}");
    is_whole(&ours);
    assert!(rows(&theirs) == theirs_before, "the other one is only read");
    assert!(captures(&ours) == all, "every capture of both, with its heads");
    assert!(ours.bodies() == bodies, "every body of both, byte for byte");
    assert_eq!(ours.report().urls().into_iter().collect::<BTreeSet<_>>(), cited);
    let articles = ours.report();
    for article in ["/one", "/two", "/three"] {
        assert!(articles.articles().contains(&site.url(article).as_str()), "{article}");
    }
    for table in ["verdict", "baseline", "page_version", "citation"] {
        let before = ours_before[table].len().max(theirs_before[table].len());
        assert!(rows(&ours)[table].len() > before, "{table}");
    }
    for n in [0, 7, 8] {
        let hits = ours.ok(&["search", &format!("thing{n}"), "--format", "json"]).json();
        assert_eq!(hits.as_array().map(Vec::len), Some(1), "{hits}");
    }
    let once = rows(&ours);
    let again = ours.ok(&["merge", other(&theirs)]);
    assert!(
        again.stdout.starts_with("0 runs, 0 captures, 0 pages, 0 bodies"),
        "{again}"
    );
    let twice = rows(&ours);
    for (table, rows) in &once {
        assert!(twice[table] == *rows, "{table}");
    }
    is_whole(&ours);
    let (into, from) = reverse;
    into.ok(&["merge", other(&from)]);
    is_whole(&into);
    assert_eq!(said(&into), said(&ours), "it is the same the other way round");
    let dropped = said(&ours);
    let gone = dropped
        .iter()
        .find(|link| link.contains("/one\"") && link.contains("/page/0\""));
    assert!(gone.is_some_and(|link| link.contains("removed")), "{dropped:#?}");
    let judged = ours.run(&["judge"]);
    assert!(matches!(judged.code, Some(0 | 2)), "{judged}");
    judged.never_panicked();
    for verb in [
        vec!["check", "--fail-on", "none"],
        vec!["compact"],
        vec!["roots"],
        vec!["verify", "--full"],
    ] {
        ours.ok(&verb).never_panicked();
    }
}

#[test]
fn copies_of_one_archive_that_went_on_apart_come_together() {
    let (site, ours, _) = two();
    let theirs = copy(&ours);
    theirs.ok(&["check", "--fail-on", "none"]);
    let ahead = copy(&ours);
    let ran = ahead.ok(&["merge", other(&theirs)]);
    assert!(!ran.stdout.contains("anew"), "what only goes on keeps its root: {ran}");
    let root = |of: &Evercite| of.ok(&["roots", "--format", "json"]).json();
    assert_eq!(root(&ahead), root(&theirs));
    site.set(&path(1), Answer::html(text(1, 3)));
    ours.ok(&["check", "--fail-on", "none"]);
    let all = union(&captures(&ours), &captures(&theirs));
    let ran = ours.ok(&["merge", other(&theirs)]);
    assert!(ran.stdout.contains("1 runs were sealed anew"), "{ran}");
    is_whole(&ours);
    assert!(captures(&ours) == all);
    let once = rows(&ours);
    ours.ok(&["merge", other(&theirs)]);
    assert!(rows(&ours) == once);
}

#[test]
fn bytes_that_one_of_them_freed_come_back() {
    let (_site, ours, theirs) = two();
    let kept = theirs.bodies();
    theirs.ok(&["merge", other(&ours)]);
    let all = theirs.bodies();
    theirs.ok(&["prune", "--keep", "last", "--write"]);
    assert!(theirs.bodies().len() < all.len());
    theirs.ok(&["merge", other(&ours)]);
    is_whole(&theirs);
    let back = theirs.bodies();
    assert!(ours.bodies().keys().all(|digest| back.contains_key(digest)));
    ours.ok(&["merge", other(&theirs)]);
    is_whole(&ours);
    assert!(ours.bodies().keys().all(|digest| all.contains_key(digest)));
    assert!(kept.keys().any(|digest| ours.bodies().contains_key(digest)));
}

#[test]
fn killed_at_any_moment_it_is_sound_and_goes_on() {
    let (_site, ours, theirs) = two();
    let all = union(&captures(&ours), &captures(&theirs));
    let whole = copy(&ours);
    whole.ok(&["merge", other(&theirs)]);
    for wait in [20, 40, 60, 90, 130] {
        let mut child = ours.command(&["merge", other(&theirs)]).spawn().expect("it starts");
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().expect("SIGKILL");
        child.wait().expect("it ends");
        is_whole(&ours);
    }
    ours.ok(&["merge", other(&theirs)]);
    is_whole(&ours);
    assert!(captures(&ours) == all);
    assert_eq!(said(&ours), said(&whole));
    assert_eq!(ours.bodies(), whole.bodies());
}

#[test]
fn what_cannot_be_merged_is_refused() {
    let (_site, ours, theirs) = two();
    let before = rows(&ours);
    ours.run(&["merge", other(&ours)]).exits(3).complains_clearly();
    ours.run(&["merge", "nowhere.db"]).exits(3).complains_clearly();
    let lock = std::fs::File::open(theirs.path("archive.db.lock")).expect("a lock file");
    lock.lock().expect("the lock");
    let ran = ours.run(&["merge", other(&theirs)]).exits(1);
    assert!(ran.complains_clearly().stderr.contains("another run"), "{ran}");
    drop(lock);
    let open = |state: &str| {
        let sql = rusqlite::Connection::open(theirs.archive()).expect("SQLite opens it");
        sql.execute(
            "UPDATE run SET state = ?, position = NULL, root = NULL WHERE id = 2",
            [state],
        )
        .expect("a run");
    };
    for (state, want) in [("running", "resume"), ("merging", "merge")] {
        open(state);
        let ran = ours.run(&["merge", other(&theirs)]).exits(1);
        assert!(ran.complains_clearly().stderr.contains(want), "{ran}");
    }
    assert!(rows(&ours) == before, "nothing came");
}
