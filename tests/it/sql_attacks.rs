//! Statements that would write, get out of the archive, or never end: each is refused or stopped, and said to be.

use std::time::{Duration, Instant};

use crate::harness::{Evercite, Ran, Site, citing, page, prose};

/// A hang is ended by the harness after much longer; what stops in time is here well before.
const SOON: Duration = Duration::from_secs(20);
/// What SQLite, the binary and an answer may hold together at most, under a limit of 64 MiB.
const MEMORY: u64 = 400 << 20;

fn an_archive() -> Evercite {
    let site = Site::new()
        .page("/lantern", page("Lantern", &prose("lantern", 20)))
        .gone("/gone")
        .page("/article", citing(&["/lantern", "/gone"]))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    evercite
}

/// Runs each statement; fails unless it is refused or stopped with words that users understand, soon, and without
/// a trace in the archive or beside it.
fn refused(evercite: &Evercite, time: &str, statements: &[(&str, &str)]) {
    let before = std::fs::read(evercite.archive()).expect("the archive");
    let beside = names(evercite);
    for (statement, said) in statements {
        let begun = Instant::now();
        let mut ran = attack(evercite, time, statement);
        ran.arguments.push(' ');
        ran.arguments.extend(statement.chars().take(200));
        assert!(matches!(ran.code, Some(1 | 3)), "{ran}");
        ran.complains_clearly();
        assert!(ran.stderr.contains(said), "{said:?} is not said: {ran}");
        assert_eq!(ran.stdout, "", "{ran}");
        assert!(begun.elapsed() < SOON, "{statement} took {:?}", begun.elapsed());
        assert!(ran.peak_memory < MEMORY, "{statement} took {} bytes", ran.peak_memory);
    }
    assert!(
        std::fs::read(evercite.archive()).is_ok_and(|after| after == before),
        "the archive is as it was"
    );
    assert_eq!(names(evercite), beside, "nothing was written elsewhere");
    assert!(evercite.is_sound());
}

fn attack(evercite: &Evercite, time: &str, statement: &str) -> Ran {
    // What is long is not for a command line.
    let limits = ["query", "--time-limit", time, "--memory-limit", "67108864"];
    evercite.run_with_input(&limits, statement)
}

/// What stands in the folder, but for what SQLite keeps beside an archive that is open.
fn names(evercite: &Evercite) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(evercite.folder())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| !name.ends_with("-wal") && !name.ends_with("-shm"))
        .collect();
    names.sort();
    names
}

/// Time for what is not stopped by the clock.
const ENOUGH: &str = "15s";
const ONLY_READING: &str = "only reading is allowed";

#[test]
fn writing_is_refused() {
    let evercite = an_archive();
    for (sql, said) in [
        (
            "INSERT INTO host (name, registered_domain) VALUES ('x', 'x')",
            ONLY_READING,
        ),
        ("INSERT INTO dead_links (url) VALUES ('x')", ONLY_READING),
        ("UPDATE url SET url = 'x'", ONLY_READING),
        ("UPDATE OR REPLACE url SET url = 'x' RETURNING url", ONLY_READING),
        ("DELETE FROM capture", ONLY_READING),
        ("DELETE FROM capture RETURNING id", ONLY_READING),
        ("WITH x AS (SELECT 1) DELETE FROM url", ONLY_READING),
        ("REPLACE INTO url SELECT * FROM url", ONLY_READING),
        (
            "INSERT INTO url SELECT * FROM url WHERE 1 ON CONFLICT DO UPDATE SET url = 'x'",
            ONLY_READING,
        ),
        ("/* SELECT */ DELETE /**/ FROM -- x\n url", ONLY_READING),
        ("-- SELECT 1\nDROP TABLE url", ONLY_READING),
        ("EXPLAIN DELETE FROM url", ONLY_READING),
        ("DROP TABLE capture", ONLY_READING),
        ("DROP VIEW dead_links", ONLY_READING),
        ("DROP INDEX capture_by_run", ONLY_READING),
        ("ALTER TABLE url RENAME TO lru", ONLY_READING),
        ("ALTER TABLE url ADD COLUMN x", ONLY_READING),
        ("CREATE TABLE x (y)", ONLY_READING),
        ("CREATE TABLE x AS SELECT * FROM url", ONLY_READING),
        ("CREATE TEMP TABLE x (y)", ONLY_READING),
        ("CREATE TEMP VIEW x AS SELECT 1", ONLY_READING),
        (
            "CREATE TEMP TRIGGER x AFTER INSERT ON url BEGIN SELECT 1; END",
            ONLY_READING,
        ),
        ("CREATE INDEX x ON url (url)", ONLY_READING),
        ("CREATE VIRTUAL TABLE temp.x USING fts5 (y)", ONLY_READING),
        (
            "CREATE VIRTUAL TABLE temp.x USING fts5vocab('page_search', 'row')",
            ONLY_READING,
        ),
        ("CREATE VIRTUAL TABLE temp.x USING rtree (a, b, c)", ONLY_READING),
        (
            "INSERT INTO page_search (page_search) VALUES ('delete-all')",
            ONLY_READING,
        ),
        ("INSERT INTO page_search (page_search) VALUES ('rebuild')", ONLY_READING),
        (
            "INSERT INTO page_search (page_search, rank) VALUES ('automerge', 2)",
            ONLY_READING,
        ),
        ("DELETE FROM page_search_data", ""),
        ("UPDATE sqlite_schema SET sql = ''", ""),
        ("DELETE FROM sqlite_sequence", ""),
        ("INSERT INTO sqlite_schema VALUES ('table', 'x', 'x', 0, '')", ""),
        ("UPDATE sqlite_dbpage SET data = zeroblob(4096)", "no such table"),
        ("INSERT INTO pragma_user_version VALUES (9)", ""),
        ("REINDEX", ONLY_READING),
        ("ANALYZE", ONLY_READING),
        ("VACUUM", ""),
    ] {
        refused(&evercite, ENOUGH, &[(sql, said)]);
    }
}

#[test]
fn nothing_gets_out_of_the_archive_or_its_transaction() {
    let evercite = an_archive();
    let outside = evercite.path("outside.db").to_string_lossy().into_owned();
    let archive = evercite.archive().to_string_lossy().into_owned();
    for (sql, said) in [
        (format!("ATTACH '{outside}' AS x"), ONLY_READING),
        (format!("ATTACH 'file:{outside}?mode=rwc' AS x"), ONLY_READING),
        (format!("ATTACH '{archive}' AS x"), ONLY_READING),
        ("ATTACH ':memory:' AS x".into(), ONLY_READING),
        ("DETACH main".into(), ONLY_READING),
        (format!("VACUUM INTO '{outside}'"), ""),
        ("SELECT load_extension('/tmp/x.so')".into(), ""),
        (format!("SELECT writefile('{outside}', 'y')"), "no such function"),
        ("SELECT readfile('/etc/passwd')".into(), "no such function"),
        ("SELECT edit('x')".into(), "no such function"),
        ("SELECT eval('DELETE FROM url')".into(), "no such function"),
        ("SELECT fts3_tokenizer('x', x'00')".into(), ""),
        ("SELECT * FROM fsdir('/')".into(), "no such table"),
        ("SELECT * FROM csv('/etc/passwd')".into(), "no such table"),
        ("SELECT * FROM sqlite_dbpage".into(), "no such table"),
        ("BEGIN".into(), ONLY_READING),
        ("BEGIN IMMEDIATE".into(), ONLY_READING),
        ("COMMIT".into(), ONLY_READING),
        ("ROLLBACK".into(), ONLY_READING),
        ("SAVEPOINT x".into(), ONLY_READING),
        ("RELEASE x".into(), ONLY_READING),
        ("SELECT 1; DELETE FROM capture".into(), ONLY_READING),
        ("SELECT 1; SELECT 2".into(), "one statement"),
        ("SELECT 1;; -- x\n; SELECT 2".into(), "one statement"),
        ("SELECT 1 /* ; */ ; COMMIT".into(), ""),
        ("SELECT 1\0; DELETE FROM capture".into(), "NUL"),
        ("\0".into(), "NUL"),
        ("".into(), "no query"),
        (";".into(), "no query"),
        ("-- nothing".into(), "no query"),
        ("/* SELECT 1".into(), ""),
        ("SELECT 'x".into(), ""),
    ] {
        refused(&evercite, ENOUGH, &[(&sql, said)]);
    }
    for pragma in [
        "user_version = 99",
        "application_id = 1",
        "journal_mode = DELETE",
        "journal_mode(OFF)",
        "locking_mode = EXCLUSIVE",
        "query_only = OFF",
        "writable_schema = ON",
        "trusted_schema = ON",
        "cell_size_check = OFF",
        "foreign_keys = OFF",
        "synchronous = OFF",
        "hard_heap_limit = 0",
        "soft_heap_limit = 0",
        "temp_store_directory = '/tmp'",
        "mmap_size = 1000000000",
        "wal_checkpoint(TRUNCATE)",
        "wal_checkpoint",
        "incremental_vacuum",
        "optimize",
        "shrink_memory",
        "schema_version = 1",
    ] {
        refused(&evercite, ENOUGH, &[(&format!("PRAGMA {pragma}"), ONLY_READING)]);
    }
}

#[test]
fn nothing_runs_for_ever() {
    let evercite = an_archive();
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)";
    let late = "--time-limit";
    for (sql, said) in [
        (format!("{endless} SELECT max(i) FROM n"), late),
        (format!("{endless} SELECT count(*) FROM n, n, n"), late),
        (format!("{endless} SELECT i FROM n WHERE i < 0"), late),
        (
            format!("{endless} SELECT 1 WHERE EXISTS (SELECT 1 FROM n WHERE i < 0)"),
            late,
        ),
        (
            format!("{endless} SELECT count(host('http://a.example/' || i)) FROM n"),
            late,
        ),
        (
            format!("{endless} SELECT count(text('http://a.example/' || i)) FROM n"),
            late,
        ),
        (
            format!("{endless} SELECT sum(similarity(i || '', (i + 1) || '')) FROM n"),
            late,
        ),
        (
            format!("{endless} SELECT count(verdict_at('http://a.example/', i)) FROM n"),
            late,
        ),
        (
            "SELECT count(*) FROM sqlite_schema a, sqlite_schema b, sqlite_schema c, sqlite_schema d, sqlite_schema e,
            sqlite_schema f, sqlite_schema g, sqlite_schema h"
                .into(),
            late,
        ),
        // A single step that takes hours, inside which SQLite never looks at the clock.
        (
            "SELECT instr(zeroblob(15000000), zeroblob(7000000) || x'01')".into(),
            late,
        ),
        (
            "SELECT replace(printf('%.*c', 15000000, 'a'), printf('%.*c', 7000000, 'a') || 'b', '')".into(),
            late,
        ),
        (
            "SELECT trim(printf('%.*c', 15000000, 'a'), printf('%.*c', 1000000, 'b') || 'a')".into(),
            late,
        ),
    ] {
        refused(&evercite, "300ms", &[(&sql, said)]);
    }
}

#[test]
fn memory_is_bounded() {
    let evercite = an_archive();
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)";
    let large = "--memory-limit";
    let nested = |open: &str, times: usize, inside: &str, close: &str| {
        format!("SELECT {}{inside}{}", open.repeat(times), close.repeat(times))
    };
    let doubling: String = (1..60)
        .map(|n| format!(", a{n} AS (SELECT * FROM a{0} UNION ALL SELECT * FROM a{0})", n - 1))
        .collect();
    for (sql, said) in [
        ("SELECT randomblob(1000000000)".into(), large),
        ("SELECT zeroblob(1000000000)".into(), large),
        ("SELECT hex(zeroblob(900000000))".into(), large),
        ("SELECT printf('%.*c', 1000000000, 'x')".into(), large),
        ("SELECT printf('%1000000000d', 1)".into(), large),
        (
            format!("{endless} SELECT group_concat(i, printf('%.*c', 100000, 'x')) FROM (SELECT i FROM n LIMIT 500)"),
            large,
        ),
        (
            format!("{endless} SELECT json_group_array(printf('%.*c', 100000, 'x')) FROM (SELECT i FROM n LIMIT 500)"),
            "",
        ),
        (format!("{endless} SELECT zeroblob(1000000) FROM n"), large),
        (
            format!("{endless} SELECT * FROM n ORDER BY zeroblob(1000000) || i"),
            large,
        ),
        (
            format!("{endless}, m AS MATERIALIZED (SELECT zeroblob(1000000) || i AS z FROM n) SELECT * FROM m, m AS o"),
            large,
        ),
        (
            format!("{endless} SELECT count(DISTINCT zeroblob(1000000) || i) FROM n"),
            "",
        ),
        (nested("(", 100_000, "1", ")"), ""),
        (nested("NOT ", 100_000, "1", ""), ""),
        (nested("- ", 100_000, "1", ""), ""),
        (nested("abs(", 50_000, "1", ")"), ""),
        (nested("* FROM (SELECT ", 20_000, "1", ")"), ""),
        (nested("EXISTS (SELECT ", 20_000, "1", ")"), ""),
        (format!("SELECT {}1", "1 + ".repeat(200_000)), ""),
        (format!("SELECT {}", vec!["1"; 100_000].join(", ")), ""),
        (format!("SELECT 1 {}", "UNION ALL SELECT 1 ".repeat(40_000)), ""),
        (
            format!("WITH a0 AS (SELECT 1 AS x){doubling} SELECT count(*) FROM a59"),
            "",
        ),
        (format!("SELECT '{}'", "x".repeat(2_000_000)), ""),
        (format!("SELECT 'a' LIKE '{}'", "%a".repeat(1_000)), "pattern"),
        (format!("SELECT 'a' GLOB '{}'", "*a".repeat(1_000)), "pattern"),
        (format!("SELECT json('{}')", "[".repeat(500_000)), ""),
        (
            format!(
                "SELECT count(*) FROM page_search WHERE page_search MATCH '{}a{}'",
                "(".repeat(50_000),
                ")".repeat(50_000)
            ),
            "",
        ),
    ] {
        refused(&evercite, ENOUGH, &[(&sql, said)]);
    }
}

#[test]
fn what_comes_close_to_an_attack_is_answered() {
    let evercite = an_archive();
    for sql in [
        "SELECT 1;",
        "SELECT 'DELETE; DROP' AS \"x;y\" -- ; DELETE FROM url",
        "WITH x AS (SELECT 1 AS y) SELECT y FROM x;\n/* all */\n;",
        "VALUES (1), (2)",
        "EXPLAIN QUERY PLAN SELECT * FROM dead_links",
        "PRAGMA table_info(url)",
        "PRAGMA user_version",
        "SELECT * FROM pragma_table_info('dead_links')",
        "SELECT name, sum(pgsize) FROM dbstat GROUP BY name",
        "SELECT count(*) FROM page_search WHERE page_search MATCH 'lantern'",
        "SELECT value FROM json_each('[1, 2]')",
    ] {
        let ran = attack(&evercite, ENOUGH, sql).exits(0);
        assert!(ran.stdout.lines().count() > 1, "{ran}");
    }
}

/// A file from elsewhere may bring views that call functions of whoever opens it.
#[test]
fn a_view_of_a_hostile_file_cannot_call_our_functions() {
    let evercite = an_archive();
    let writer = rusqlite::Connection::open(evercite.archive()).expect("a connection");
    writer
        .execute_batch(
            "CREATE VIEW x AS SELECT text('http://a.example/') AS y;
             CREATE VIEW z AS SELECT body('00000000000000000000000000000000') AS y;",
        )
        .expect("views");
    drop(writer);
    for view in ["x", "z"] {
        let ran = attack(&evercite, ENOUGH, &format!("SELECT * FROM {view}")).exits(3);
        ran.complains_clearly();
        assert!(ran.stderr.contains("unsafe use of"), "{ran}");
    }
}
