//! Archives of older formats: refused clearly, and brought to today's when asked for.

use std::path::Path;

use crate::harness::{Evercite, Site, citing, page, prose};

/// Today's format: the number of migrations.
pub fn format() -> usize {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    std::fs::read_dir(migrations).expect("a folder").count()
}

/// An archive as it was before the second migration: the views were not there.
fn of_format_1() -> (crate::harness::LiveSite, Evercite) {
    let site = Site::new()
        .page("/article", citing(&["/a", "/gone"]))
        .page("/a", page("A", &prose("apple", 20)))
        .gone("/gone")
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    let sql = rusqlite::Connection::open(evercite.archive()).expect("SQLite opens it");
    let views: Vec<String> = sql
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'view'")
        .and_then(|mut names| names.query_map([], |row| row.get(0))?.collect())
        .expect("names");
    assert!(views.len() >= 9, "{views:?}");
    for view in views {
        sql.execute_batch(&format!("DROP VIEW {view}")).expect("it goes");
    }
    sql.pragma_update(None, "user_version", 1).expect("format 1");
    (site, evercite)
}

#[test]
fn an_older_archive_is_refused_and_then_migrated() {
    let (site, evercite) = of_format_1();
    let now = format();
    let before = std::fs::read(evercite.archive()).expect("a file");
    let article = site.url("/article");
    for arguments in [
        vec!["report"],
        vec!["check"],
        vec!["snapshot", &article],
        vec!["compact"],
        vec!["prune", "--write"],
        vec!["backup", "copy.db"],
    ] {
        let ran = evercite.run(&arguments).exits(1);
        let said = ran.complains_clearly().stderr.clone();
        for words in ["format 1", &format!("format {now}"), "evercite migrate"] {
            assert!(said.contains(words), "{words}: {ran}");
        }
    }
    let dry = evercite.ok(&["migrate", "--dry-run"]);
    for words in ["has format 1", "to format 2: The views", "archive.db.format-1.backup"] {
        assert!(dry.stdout.contains(words), "{words}: {dry}");
    }
    assert!(
        std::fs::read(evercite.archive()).expect("a file") == before,
        "nothing was done"
    );
    let ran = evercite.ok(&["migrate"]);
    assert!(ran.stdout.contains(&format!("has format {now} now")), "{ran}");
    let copy = Evercite::new();
    std::fs::copy(evercite.path("archive.db.format-1.backup"), copy.archive()).expect("a backup");
    assert_eq!(copy.value::<i64>("PRAGMA user_version"), 1);
    assert!(copy.is_sound() && evercite.is_sound());
    evercite.ok(&["verify", "--full"]);
    for table in copy.tables() {
        assert!(copy.rows_of(&table) == evercite.rows_of(&table), "{table}");
    }
    assert_eq!(evercite.report().class(&site.url("/gone")), "dead");
    assert_eq!(evercite.query("SELECT url FROM dead_links").len(), 1);
    let again = evercite.ok(&["migrate"]);
    assert!(again.stdout.contains("nothing to do"), "{again}");
    // The one that was backed up can still be migrated, without another backup.
    copy.ok(&["migrate", "--no-backup", "--quiet"]);
    assert!(!copy.path("archive.db.format-1.backup").exists());
    assert_eq!(copy.report().0["links"], evercite.report().0["links"]);
}

#[test]
fn a_backup_that_is_there_and_a_run_that_is_on_are_left_alone() {
    let (_site, evercite) = of_format_1();
    evercite.write("archive.db.format-1.backup", "mine");
    let ran = evercite.run(&["migrate"]).exits(1);
    assert!(ran.complains_clearly().stderr.contains("exists already"), "{ran}");
    assert_eq!(evercite.value::<i64>("PRAGMA user_version"), 1);
    let lock = std::fs::File::open(evercite.path("archive.db.lock")).expect("a lock file");
    lock.lock().expect("the lock");
    let ran = evercite.run(&["migrate", "--no-backup"]).exits(1);
    assert!(ran.complains_clearly().stderr.contains("another run"), "{ran}");
    assert_eq!(evercite.value::<i64>("PRAGMA user_version"), 1);
}

#[test]
fn newer_and_foreign_files_are_left_alone() {
    let (_site, evercite) = of_format_1();
    let set = |format: i64| {
        let sql = rusqlite::Connection::open(evercite.archive()).expect("SQLite opens it");
        sql.pragma_update(None, "user_version", format).expect("a format");
    };
    set(1000);
    let ran = evercite.run(&["migrate"]).exits(3);
    assert!(ran.complains_clearly().stderr.contains("format 1000"), "{ran}");
    set(0);
    evercite.run(&["migrate"]).exits(3).complains_clearly();
    let foreign = Evercite::new();
    foreign.write("archive.db", "a text that is none of ours ".repeat(40));
    foreign.run(&["migrate"]).exits(3).complains_clearly();
    Evercite::new().run(&["migrate"]).exits(3).complains_clearly();
}
