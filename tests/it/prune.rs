//! `prune`: bytes go by policy, and nothing else does.

use std::{collections::BTreeMap, time::Duration};

use crate::harness::{Answer, Evercite, LiveSite, Site, citing, page, prose};

const PAGES: usize = 8;
const EDITIONS: usize = 6;
/// What is kept of them by first, last and changes: the first, the one whose text is another, the last; and the one
/// that today's verdict was read from, since which nothing is said otherwise.
const KEPT: [usize; 4] = [0, 3, 4, 5];

fn path(n: usize) -> String {
    format!("/page/{n}")
}

/// Editions differ in a comment each time, and in their text once.
fn text(n: usize, edition: usize) -> String {
    let said = prose(&format!("thing{n}"), 40);
    let news = prose(&format!("news{}", usize::from(edition >= 3)), 3);
    format!(
        "{}<!-- printed {edition} -->",
        page(&format!("Page {n}"), &format!("{said} {news}"))
    )
}

fn set(site: &LiveSite, edition: usize) {
    for n in 0..PAGES {
        site.set(&path(n), Answer::html(text(n, edition)));
    }
    // It dies after the second: its last good copy is the second, its baseline the first.
    let dying = match edition {
        0 | 1 => Answer::html(text(100, edition)),
        edition => Answer::html(text(200, edition)).under(404),
    };
    site.set("/dying", dying);
}

/// An archive with every edition of every page.
fn archived() -> (LiveSite, Evercite) {
    let mut paths: Vec<String> = (0..PAGES).map(path).collect();
    paths.push("/dying".into());
    let (site, evercite) = (Site::new().page("/article", citing(&paths)).serve(), Evercite::new());
    for edition in 0..EDITIONS {
        set(&site, edition);
        match edition {
            0 => evercite.ok(&["snapshot", &site.url("/article")]),
            _ => evercite.ok(&["check", "--fail-on", "none"]),
        };
    }
    (site, evercite)
}

const POLICY: [&str; 3] = ["prune", "--keep", "first,last,changes"];

type Facts = BTreeMap<String, Vec<Vec<rusqlite::types::Value>>>;

fn same_facts(evercite: &Evercite, before: &Facts) {
    for (table, rows) in facts(evercite) {
        assert!(before[&table] == rows, "{table}");
    }
}

/// What must not change, whatever is pruned.
fn facts(evercite: &Evercite) -> Facts {
    let mut facts = BTreeMap::new();
    for table in evercite.tables() {
        // How things are stored is free to change, and tasks of runs that have ended go.
        if !["blob", "payload", "page_text", "host_base", "seal", "task"].contains(&table.as_str()) {
            facts.insert(table.clone(), evercite.rows_of(&table));
        }
    }
    facts
}

/// The time of a copy, as `--at` takes it.
fn at(evercite: &Evercite, url: &str, edition: usize) -> String {
    evercite.value(&format!(
        "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', c.at / 1000.0, 'unixepoch') FROM capture c JOIN url u ON u.id = c.url_id
         WHERE u.url = '{url}' AND c.purpose = 'citation' ORDER BY c.at LIMIT 1 OFFSET {edition}"
    ))
}

fn everything_is_said_as_before(site: &LiveSite, evercite: &Evercite) {
    assert!(evercite.is_sound());
    evercite.bodies();
    let hits = evercite.ok(&["search", "thing3", "--format", "json"]).json();
    let pages = hits.as_array().expect("hits");
    assert_eq!(pages.len(), 1, "{hits}");
    assert_eq!(pages[0]["versions"].as_array().map(Vec::len), Some(2), "{hits}");
    assert!(
        pages[0]["snippet"].as_str().is_some_and(|s| s.contains("[thing3]")),
        "{hits}"
    );
    for (n, edition) in [(0, 0), (3, 1), (3, 2), (5, 4), (7, 5)] {
        let url = site.url(&path(n));
        let shown = evercite.ok(&["show", &url, "--at", &at(evercite, &url, edition)]);
        let news = format!("news{}", usize::from(edition >= 3));
        assert!(
            shown.stdout.contains(&format!("thing{n}")) && shown.stdout.contains(&news),
            "{shown}"
        );
    }
}

#[test]
fn what_the_policy_does_not_keep_is_freed_and_everything_else_stays() {
    let (site, evercite) = archived();
    let (facts_before, report) = (facts(&evercite), evercite.report());
    let bodies = evercite.bodies();
    let file = || std::fs::read(evercite.archive()).expect("a file");
    let before = file();
    let dry = evercite.ok(&POLICY);
    let going = PAGES * (EDITIONS - KEPT.len()) + (EDITIONS - 2 - 2);
    assert!(dry.stdout.contains(&format!("{going} bodies would be freed")), "{dry}");
    assert!(
        dry.stdout.contains("127.0.0.1") && dry.stdout.contains("Nothing was done"),
        "{dry}"
    );
    assert!(file() == before, "a dry run writes nothing");
    let ran = evercite.ok(&[&POLICY[..], &["--write"]].concat());
    assert!(ran.stdout.contains(&format!("{going} bodies freed")), "{ran}");
    everything_is_said_as_before(&site, &evercite);
    same_facts(&evercite, &facts_before);
    assert_eq!(evercite.report().0["links"], report.0["links"]);
    let left = evercite.bodies();
    assert_eq!(left.len(), bodies.len() - going);
    assert!(left.iter().all(|(digest, body)| bodies[digest] == *body));
    for n in 0..PAGES {
        for edition in 0..EDITIONS {
            let kept = left.values().any(|body| *body == text(n, edition).into_bytes());
            assert_eq!(kept, KEPT.contains(&edition), "page {n}, edition {edition}");
        }
    }
    for edition in [0, 1] {
        let kept = left.values().any(|body| *body == text(100, edition).into_bytes());
        assert!(kept, "baseline and last good copy of the dead link");
    }
    let url = site.url(&path(2));
    let pruned = evercite
        .run(&["show", &url, "--at", &at(&evercite, &url, 1), "--as", "html"])
        .exits(1);
    assert!(
        pruned.stderr.contains("was pruned on 20") && pruned.stderr.contains("by policy"),
        "{pruned}"
    );
    let kept = evercite.ok(&["show", &url, "--at", &at(&evercite, &url, 3), "--as", "html"]);
    assert_eq!(kept.stdout, text(2, 3));
    let stats = evercite.ok(&["stats", "--format", "json"]).json();
    assert_eq!(
        (stats["totals"]["pruned"].as_u64(), stats["totals"]["withheld"].as_u64()),
        (Some(going as u64), Some(0))
    );
    let again = evercite.ok(&[&POLICY[..], &["--write"]].concat());
    assert!(again.stdout.contains("Nothing to free"), "{again}");
    for verb in [
        vec!["verify", "--full"],
        vec!["compact"],
        vec!["judge"],
        vec!["explain", &url],
        vec!["verify", "--full"],
    ] {
        evercite.ok(&verb).never_panicked();
    }
    everything_is_said_as_before(&site, &evercite);
    same_facts(&evercite, &facts_before);
}

#[test]
fn bytes_that_come_again_are_kept_again() {
    let (site, evercite) = archived();
    evercite.ok(&[&POLICY[..], &["--write", "--quiet"]].concat());
    let kept = |edition| {
        evercite
            .bodies()
            .values()
            .any(|body| *body == text(1, edition).into_bytes())
    };
    assert!(!kept(2));
    set(&site, 2);
    evercite.ok(&["check", "--fail-on", "none"]);
    assert!(kept(2));
    let came_again = "SELECT count(*) FROM payload WHERE blob_id IS NOT NULL AND pruned_at IS NOT NULL";
    assert_eq!(evercite.value::<i64>(came_again), 0);
    everything_is_said_as_before(&site, &evercite);
}

#[test]
fn killed_at_any_moment_it_leaves_a_sound_archive() {
    let (site, evercite) = archived();
    let (facts_before, bodies) = (facts(&evercite), evercite.bodies());
    for wait in [1, 5, 10, 20, 40, 80] {
        let mut child = evercite
            .command(&[&POLICY[..], &["--write"]].concat())
            .spawn()
            .expect("it starts");
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().expect("SIGKILL");
        child.wait().expect("it ends");
        everything_is_said_as_before(&site, &evercite);
        assert!(evercite.bodies().iter().all(|(digest, body)| bodies[digest] == *body));
    }
    evercite.ok(&[&POLICY[..], &["--write"]].concat());
    everything_is_said_as_before(&site, &evercite);
    same_facts(&evercite, &facts_before);
    assert!(evercite.bodies().len() < bodies.len());
    evercite.ok(&["verify", "--full"]);
}

#[test]
fn options_limit_what_goes() {
    let (_site, evercite) = archived();
    for (options, want) in [
        (vec!["--older-than", "1d"], "Nothing to free"),
        (vec!["--older-than", "0d", "--keep", "last"], "bodies would be freed"),
    ] {
        let ran = evercite.ok(&[&["prune"][..], &options].concat());
        assert!(ran.stdout.contains(want), "{ran}");
    }
    for bad in [
        vec!["--keep", "some"],
        vec!["--older-than", "3"],
        vec!["--older-than", "soon"],
    ] {
        evercite.run(&[&["prune"][..], &bad].concat()).exits(3).never_panicked();
    }
    let lock = std::fs::File::open(evercite.path("archive.db.lock")).expect("a lock file");
    lock.lock().expect("the lock");
    evercite.ok(&["prune"]);
    let ran = evercite.run(&["prune", "--write"]).exits(1);
    assert!(ran.complains_clearly().stderr.contains("another run"), "{ran}");
    drop(lock);
    Evercite::new().run(&["prune"]).exits(3);
}
