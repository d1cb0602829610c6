//! Many at once: who reads while a run writes, who reads for long, and who would write too.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use crate::harness::{Answer, Evercite, LiveSite, Site, citing, finish, page, prose};

const PAGES: usize = 100;

fn a_slow_site() -> LiveSite {
    let paths: Vec<String> = (0..PAGES).map(|n| format!("/page/{n}")).collect();
    let mut site = Site::new().page("/article", citing(&paths));
    for (n, path) in paths.iter().enumerate() {
        let text = page(&format!("Page {n}"), &prose(&format!("thing{n}"), 5));
        site = site.answer(path, Answer::html(text).delayed(Duration::from_millis(60)));
    }
    site.serve()
}

/// Sums that agree whenever it is asked, as each attempt is one transaction.
const AGREES: &str = "SELECT (SELECT count(*) FROM capture WHERE status > 0) = (SELECT count(*) FROM capture_head)
    AND (SELECT count(*) FROM page_version) = (SELECT count(*) FROM page_text)
    AND (SELECT count(*) FROM task WHERE done AND run_id = (SELECT max(id) FROM run))
        = (SELECT count(*) FROM capture WHERE purpose IN ('article', 'citation') AND run_id = (SELECT max(id) FROM run))
    AND (SELECT count(*) FROM payload) = (SELECT count(*) FROM blob)";

#[test]
fn who_reads_while_a_run_writes_is_never_kept_waiting_and_never_sees_a_half() {
    let (site, evercite) = (a_slow_site(), Evercite::new());
    evercite.write("note.md", format!("[first]({})", site.url("/page/0")));
    evercite.ok(&["snapshot", "note.md"]);
    let arguments = ["snapshot", &site.url("/article"), "--max-concurrency", "3"];
    let running = evercite.command(&arguments).spawn().expect("it starts");
    let (over, evercite) = (&AtomicBool::new(false), &evercite);
    let shown = site.url("/page/0");
    let rounds = std::thread::scope(|scope| {
        let again = |round: &dyn Fn()| {
            let mut rounds = 0;
            while !over.load(Ordering::SeqCst) {
                round();
                rounds += 1;
            }
            rounds
        };
        let verbs = scope.spawn(move || {
            again(&|| {
                evercite.report().adds_up();
                let agreed = evercite.query(&format!("SELECT ({AGREES}) AS agreed"));
                assert_eq!(agreed[0]["agreed"], 1);
                evercite.ok(&["show", &shown]);
                evercite.ok(&["list"]);
                evercite.ok(&["search", "thing0"]);
            })
        });
        let others = scope.spawn(move || {
            again(&|| {
                let mut sql = rusqlite::Connection::open(evercite.archive()).expect("SQLite opens it");
                assert!(
                    sql.query_row(AGREES, [], |row| row.get::<_, bool>(0))
                        .expect("an answer")
                );
                // Two questions in one transaction are answered as of the same moment.
                let moment = sql.transaction().expect("a transaction");
                let count = |table: &str| -> i64 {
                    let query = format!("SELECT count(*) FROM {table}");
                    moment.query_row(&query, [], |row| row.get(0)).expect("a count")
                };
                let captures = count("capture WHERE status > 0");
                std::thread::sleep(Duration::from_millis(20));
                assert_eq!(captures, count("capture_head"));
            })
        });
        let ran = finish(&arguments, running);
        over.store(true, Ordering::SeqCst);
        ran.exits(0).never_panicked();
        [verbs, others].map(|thread| thread.join().expect("no reader failed"))
    });
    assert!(rounds.iter().all(|rounds| *rounds > 0), "{rounds:?}");
    assert_eq!(evercite.report().total("links"), PAGES as u64 + 1);
    assert!(evercite.is_sound());
}

#[test]
fn who_reads_for_long_stops_nobody() {
    let site = a_slow_site();
    let evercite = Evercite::new();
    evercite.write("note.md", format!("[first]({})", site.url("/page/0")));
    evercite.ok(&["snapshot", "note.md"]);
    let sql = evercite.sqlite();
    let moment = sql.unchecked_transaction().expect("a transaction");
    let count = || -> i64 {
        sql.query_row("SELECT count(*) FROM capture", [], |row| row.get(0))
            .expect("a count")
    };
    let before = count();
    evercite.ok(&["snapshot", &site.url("/article")]);
    evercite.ok(&["compact", "--level", "3"]);
    assert_eq!(count(), before, "it sees what it saw");
    drop(moment);
    assert!(count() > before);
}

#[test]
fn a_second_run_waits_if_it_may() {
    let (site, evercite) = (a_slow_site(), Evercite::new());
    let arguments = ["snapshot", &site.url("/article"), "--max-concurrency", "6"];
    let running = evercite.command(&arguments).spawn().expect("it starts");
    while site.asked().len() < 10 {
        std::thread::sleep(Duration::from_millis(1));
    }
    evercite.write("note.md", format!("[first]({})", site.url("/page/0")));
    let second = evercite.ok(&["snapshot", "note.md", "--wait"]);
    assert!(second.stderr.contains("another run is working on"), "{second}");
    assert!(second.stderr.contains("waiting for it to end"), "{second}");
    finish(&arguments, running).exits(0);
    assert_eq!(evercite.report().articles().len(), 2);

    let lock = std::fs::File::open(evercite.path("archive.db.lock")).expect("a lock file");
    lock.lock().expect("the lock");
    for verb in [
        &["check", "--wait=10ms"][..],
        &["resume", "--wait=10ms", "--quiet"],
        &["compact", "--wait=10ms"],
        &["judge", "--write", "--wait=10ms"],
        &["remove", "note.md", "--wait=10ms"],
    ] {
        let ran = evercite.run(verb).exits(1);
        assert!(
            ran.stderr.contains("another run") && ran.stderr.contains("hint"),
            "{ran}"
        );
        assert_eq!(ran.stderr.contains("waiting for"), !verb.contains(&"--quiet"), "{ran}");
    }
    evercite.ok(&["check", "--dry-run"]);
    drop(lock);
    evercite.run(&["check", "--wait", "soon"]).exits(3);
    evercite.run(&["check", "--wait=soon"]).exits(3);
}

#[test]
fn with_durable_the_file_alone_is_the_archive_when_success_is_told() {
    let site = Site::new()
        .page("/article", citing(&["/source"]))
        .page("/source", page("A source", &prose("tide", 5)))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article"), "--durable"]);
    // Someone who has the archive open, and does not read: the last to close it would fold the log otherwise.
    let sql = evercite.sqlite();
    let captures = || -> i64 {
        sql.query_row("SELECT count(*) FROM capture", [], |row| row.get(0))
            .expect("a count")
    };
    let seen = captures();
    let log = || std::fs::metadata(evercite.path("archive.db-wal")).map_or(0, |file| file.len());
    evercite.ok(&["check"]);
    assert!(log() > 0, "nobody asked that the log be folded");
    let asked = evercite.ok(&["check", "--durable"]);
    assert_eq!((log(), asked.stderr.as_str()), (0, ""));
    assert!(captures() > seen);
    let alone = Evercite::new();
    alone.write("archive.db", std::fs::read(evercite.archive()).expect("a file"));
    assert_eq!(alone.value::<i64>("SELECT count(*) FROM capture"), captures());
    assert!(alone.is_sound());
}
