//! `verify` and `roots`: what was changed is found and named, and what is sound is never accused.

use std::{path::Path, time::Duration};

use rusqlite::Connection;
use serde_json::Value;

use crate::harness::{Answer, Evercite, LiveSite, Ran, Site, citing, page, prose, schema};

mod flips;

const PAGES: usize = 6;

fn text(n: usize, edition: usize) -> String {
    let body = format!(
        "{} {}",
        prose(&format!("thing{n}"), 40),
        prose(&format!("news{edition}"), 3)
    );
    page(&format!("Page {n}, edition {edition}"), &body)
}

fn path(n: usize) -> String {
    format!("/page/{n}")
}

fn set(site: &LiveSite, edition: usize) {
    for n in 0..PAGES {
        site.set(&path(n), Answer::html(text(n, edition)));
    }
}

/// An archive of two runs: each page in two editions, a redirect, a page that is gone.
fn archived() -> (LiveSite, Evercite) {
    let mut paths: Vec<String> = (0..PAGES).map(path).collect();
    paths.extend(["/old".into(), "/gone".into()]);
    let site = Site::new()
        .page("/article", citing(&paths))
        .redirect(301, "/old", "/page/0")
        .gone("/gone")
        .serve();
    let evercite = Evercite::new();
    set(&site, 0);
    evercite.ok(&["snapshot", &site.url("/article")]);
    set(&site, 1);
    evercite.ok(&["check", "--fail-on", "none"]);
    (site, evercite)
}

#[track_caller]
fn is_sound(evercite: &Evercite) {
    for flags in [&["--quick"][..], &[], &["--full"], &["--full", "--since", "2020"]] {
        let ran = evercite.run(&[&["verify"], flags].concat()).exits(0);
        assert!(ran.stdout.contains(": sound; looked at: "), "{ran}");
        assert!(ran.stderr.is_empty(), "{ran}");
    }
    let told = evercite.ok(&["verify", "--full", "--format", "json"]).json();
    schema::assert_valid(&told, "verification.schema.json");
    assert_eq!(
        (&told["sound"], told["findings"].as_array().map(Vec::len)),
        (&Value::Bool(true), Some(0))
    );
}

/// What `verify` finds, as JSON.
#[track_caller]
fn findings(evercite: &Evercite, flags: &[&str]) -> Vec<Value> {
    let ran = evercite
        .run(&[&["verify", "--format", "json"], flags].concat())
        .exits(2);
    ran.never_panicked();
    let told = ran.json();
    schema::assert_valid(&told, "verification.schema.json");
    assert_eq!(told["sound"], false);
    told["findings"].as_array().expect("findings").clone()
}

/// Changes the archive behind its back, as any SQLite tool may.
fn meddle(evercite: &Evercite, sql: &str) {
    let connection = Connection::open(evercite.archive()).expect("SQLite opens the archive");
    connection
        .pragma_update(None, "foreign_keys", false)
        .expect("a setting");
    connection.execute_batch(sql).expect("it is changed");
}

fn newest_root(evercite: &Evercite) -> String {
    let told = evercite.ok(&["roots", "--format", "json"]).json();
    told["newest"].as_str().expect("a root").to_owned()
}

#[test]
fn sound_archives_are_never_accused() {
    let (site, evercite) = archived();
    is_sound(&evercite);
    let root = newest_root(&evercite);
    evercite.ok(&["compact"]);
    is_sound(&evercite);
    evercite.ok(&["compact", "--rebuild"]);
    is_sound(&evercite);
    for sql in [
        "VACUUM",
        "ANALYZE",
        "VACUUM",
        "REINDEX",
        "CREATE INDEX mine ON url (host_id)",
    ] {
        meddle(&evercite, sql);
        is_sound(&evercite);
    }
    assert_eq!(newest_root(&evercite), root, "however it is stored");
    evercite.ok(&["check", "--fail-on", "none", "--second-look"]);
    is_sound(&evercite);
    assert_ne!(newest_root(&evercite), root);
    evercite.write(
        "notes.md",
        format!("[a]({}) [b]({})", site.url("/page/1#top"), site.url("/page/2")),
    );
    evercite.ok(&["snapshot", "notes.md", "--assets", "all"]);
    evercite.write(
        "notes.md",
        format!("[a]({}) [c]({})", site.url("/page/1"), site.url("/page/3")),
    );
    evercite.ok(&["check", "--fail-on", "none"]);
    evercite.run(&["judge", "--write"]);
    evercite.ok(&["remove", "notes.md"]);
    is_sound(&evercite);
    // Nothing but reading.
    let before = std::fs::read(evercite.archive()).expect("the archive");
    is_sound(&evercite);
    assert!(std::fs::read(evercite.archive()).expect("the archive") == before);
}

#[test]
fn a_run_that_is_written_or_was_killed_is_sound() {
    let paths: Vec<String> = (0..60).map(path).collect();
    let mut site = Site::new().page("/article", citing(&paths));
    for n in 0..60 {
        site = site.answer(&path(n), Answer::html(text(n, 0)).delayed(Duration::from_millis(30)));
    }
    let (site, evercite) = (site.serve(), Evercite::new());
    let arguments = ["snapshot", &site.url("/article"), "--max-concurrency", "4"];
    for requests in [5, 25] {
        site.forget();
        let mut child = evercite.command(&arguments).spawn().expect("it starts");
        while site.asked().len() < requests {
            std::thread::sleep(Duration::from_millis(1));
        }
        if evercite.archive().exists() {
            evercite.run(&["verify", "--full"]).exits(0);
        }
        child.kill().expect("SIGKILL");
        child.wait().expect("it ends");
        is_sound(&evercite);
    }
    evercite.ok(&["resume"]);
    is_sound(&evercite);
    let states = "SELECT group_concat(state || coalesce(position, '-')) FROM (SELECT * FROM run ORDER BY id)";
    assert_eq!(evercite.value::<String>(states), "abandoned1,finished2");
}

#[test]
fn roots_are_listed_and_cover_what_was_before() {
    let (_site, evercite) = archived();
    let told = evercite.ok(&["roots", "--format", "json"]).json();
    let runs = told["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 2);
    for (position, run) in (1..).zip(runs) {
        assert_eq!(
            (&run["position"], &run["origin"]),
            (&Value::from(position), &told["origin"])
        );
        assert_eq!(run["root"].as_str().map(str::len), Some(64));
        assert!(run["captures"].as_u64().is_some_and(|captures| captures > 8), "{run}");
    }
    let lines = evercite.ok(&["roots"]).stdout;
    for (line, run) in lines.lines().zip(runs) {
        assert!(line.ends_with(run["root"].as_str().expect("a root")), "{line}");
    }
    assert_eq!(lines.lines().count(), 2);
    assert!(evercite.ok(&["roots", "--help"]).stdout.contains("openssl ts -query"));
    Evercite::new().run(&["roots"]).exits(3);
}

/// What was done to the archive, what `verify --full` must find, and whether less than `--full` finds it.
struct Case {
    sql: &'static str,
    part: &'static str,
    name: &'static str,
    /// Whether captures are named.
    captures: bool,
    usual: bool,
    quick: bool,
}

const CASES: &[Case] = &[
    Case {
        sql: "UPDATE blob SET data = CAST(substr(data, 1, 20) || x'00' || substr(data, 22) AS BLOB)
              WHERE id = (SELECT base_id FROM blob WHERE base_id IS NOT NULL LIMIT 1)",
        part: "body",
        name: "",
        captures: true,
        usual: true,
        quick: false,
    },
    Case {
        sql: "UPDATE payload SET length = length + 1 WHERE id = (SELECT max(payload_id) FROM capture)",
        part: "body",
        name: "",
        captures: true,
        usual: true,
        quick: false,
    },
    Case {
        sql: "UPDATE blob SET base_id = id WHERE id = (SELECT max(id) FROM blob WHERE base_id IS NOT NULL)",
        part: "body",
        name: "",
        captures: true,
        usual: true,
        quick: false,
    },
    Case {
        sql: "UPDATE capture_head SET data = zeroblob(length(data)) WHERE base_id IS NULL",
        part: "head",
        name: "",
        captures: true,
        usual: true,
        quick: false,
    },
    Case {
        sql: "UPDATE page_text SET data = zeroblob(length(data)) WHERE page_version_id = 2",
        part: "text",
        name: "",
        captures: false,
        usual: true,
        quick: false,
    },
    Case {
        sql: "UPDATE capture SET status = 404 WHERE status = 200 AND id % 3 = 0",
        part: "capture",
        name: "",
        captures: true,
        usual: true,
        quick: false,
    },
    Case {
        sql: "UPDATE url SET url = url || 'x' WHERE url LIKE '%/page/3'",
        part: "capture",
        name: "",
        captures: true,
        usual: true,
        quick: false,
    },
    Case {
        sql: "UPDATE capture SET leaf = zeroblob(32) WHERE id = 3",
        part: "run",
        name: "",
        captures: false,
        usual: true,
        quick: true,
    },
    Case {
        sql: "UPDATE run SET root = zeroblob(32) WHERE id = 1",
        part: "run",
        name: "",
        captures: false,
        usual: true,
        quick: true,
    },
    Case {
        sql: "UPDATE run SET outage = 1 WHERE id = 2",
        part: "run",
        name: "",
        captures: false,
        usual: true,
        quick: true,
    },
    Case {
        sql: "DELETE FROM capture WHERE id = (SELECT max(id) FROM capture)",
        part: "run",
        name: "",
        captures: false,
        usual: true,
        quick: true,
    },
    Case {
        sql: "UPDATE verdict SET class = 'dead' WHERE id = 2",
        part: "table",
        name: "verdict",
        captures: false,
        usual: true,
        quick: false,
    },
    Case {
        sql: "DELETE FROM link WHERE ordinal = 2",
        part: "table",
        name: "link",
        captures: false,
        usual: true,
        quick: false,
    },
    Case {
        sql: "UPDATE page_search_docsize SET sz = x'0102' WHERE id = 1",
        part: "table",
        name: "page_search_docsize",
        captures: false,
        usual: true,
        quick: false,
    },
    Case {
        sql: "UPDATE page_search_idx SET pgno = pgno + 2",
        part: "table",
        name: "page_search_idx",
        captures: false,
        usual: true,
        quick: true,
    },
    Case {
        sql: "UPDATE seal SET sum = zeroblob(16) WHERE name = 'host'",
        part: "table",
        name: "host",
        captures: false,
        usual: true,
        quick: false,
    },
    Case {
        sql: "DELETE FROM seal WHERE name = 'link'",
        part: "table",
        name: "link",
        captures: false,
        usual: true,
        quick: false,
    },
    Case {
        sql: "UPDATE citation SET verdict_id = 9999 WHERE id = 1",
        part: "reference",
        name: "citation",
        captures: false,
        usual: true,
        quick: true,
    },
    Case {
        sql: "DROP INDEX capture_by_run",
        part: "schema",
        name: "capture_by_run",
        captures: false,
        usual: true,
        quick: true,
    },
    Case {
        // An index that says something else than its table.
        sql: "PRAGMA writable_schema = ON;
              UPDATE sqlite_schema SET sql = 'CREATE INDEX capture_by_url ON capture (url_id, id)'
              WHERE name = 'capture_by_url';
              PRAGMA writable_schema = RESET; REINDEX capture_by_url; PRAGMA writable_schema = ON;
              UPDATE sqlite_schema SET sql = 'CREATE INDEX capture_by_url ON capture (url_id, at)'
              WHERE name = 'capture_by_url';",
        part: "index",
        name: "capture_by_url",
        captures: false,
        usual: false,
        quick: false,
    },
    Case {
        sql: "PRAGMA user_version = 77",
        part: "file",
        name: "header",
        captures: false,
        usual: true,
        quick: true,
    },
];

#[test]
fn what_was_changed_is_found_and_named() {
    let (_site, evercite) = archived();
    let sound = std::fs::read(evercite.archive()).expect("the archive");
    for case in CASES {
        std::fs::write(evercite.archive(), &sound).expect("it is put back");
        meddle(&evercite, case.sql);
        let found = findings(&evercite, &["--full"]);
        let of_kind: Vec<&Value> = found
            .iter()
            .filter(|finding| finding["part"] == case.part)
            .filter(|finding| case.name.is_empty() || finding["name"] == case.name)
            .collect();
        assert!(!of_kind.is_empty(), "{}: {found:#?}", case.sql);
        for finding in of_kind.iter().filter(|_| case.captures) {
            let captures = finding["captures"].as_array().expect("captures");
            assert!(!captures.is_empty(), "{}: {found:#?}", case.sql);
            assert!(
                captures
                    .iter()
                    .all(|c| c["url"].as_str().is_some_and(|url| url.contains("/"))),
                "{found:#?}"
            );
        }
        for (flag, finds) in [(&[][..], case.usual), (&["--quick"], case.quick)] {
            let code = evercite.run(&[&["verify"], flag].concat()).code;
            assert_eq!(code, Some(if finds { 2 } else { 0 }), "{flag:?}: {}", case.sql);
        }
    }
    std::fs::write(evercite.archive(), &sound).expect("it is put back");
    is_sound(&evercite);
}

#[test]
fn a_damaged_base_names_everything_that_stands_on_it() {
    let (_site, evercite) = archived();
    let dependants = "WITH RECURSIVE above (id) AS (
             SELECT blob_id FROM host_base UNION SELECT b.id FROM above a JOIN blob b ON b.base_id = a.id)
         SELECT count(*) FROM capture c JOIN payload p ON p.id = c.payload_id WHERE p.blob_id IN above";
    let want: i64 = evercite.value(dependants);
    assert!(want > PAGES as i64, "{want}");
    meddle(
        &evercite,
        "UPDATE blob SET data = CAST(substr(data, 1, 40) || x'ff' || substr(data, 42) AS BLOB)
         WHERE id = (SELECT blob_id FROM host_base)",
    );
    let found = findings(&evercite, &["--full"]);
    let bodies: Vec<&Value> = found.iter().filter(|finding| finding["part"] == "body").collect();
    assert_eq!(bodies.len(), 1, "{found:#?}");
    assert_eq!(bodies[0]["captures_total"], want, "{found:#?}");
    let told = evercite.run(&["verify", "--full"]).exits(2);
    assert!(
        told.stdout.contains("costs: the bodies of these captures") && told.stdout.contains("/page/"),
        "{told}"
    );
}

#[test]
fn since_looks_at_what_is_new_only() {
    let (_site, evercite) = archived();
    let later = "2999-01-01";
    meddle(&evercite, "UPDATE blob SET data = zeroblob(length(data)) WHERE id = 1");
    assert!(!findings(&evercite, &["--full", "--since", "2020"]).is_empty());
    let told = evercite
        .ok(&["verify", "--full", "--since", later, "--format", "json"])
        .json();
    assert_eq!(told["checked"]["runs"], 2, "the chain is looked at: {told:#}");
    assert_eq!(told["checked"]["bodies"], Value::Null, "{told:#}");
    meddle(&evercite, "UPDATE run SET root = zeroblob(32) WHERE id = 1");
    assert!(!findings(&evercite, &["--since", later]).is_empty());
    evercite.run(&["verify", "--since", "the other day"]).exits(3);
    evercite.run(&["verify", "--quick", "--full"]).exits(3);
}

#[test]
fn what_cannot_be_read_is_told_clearly() {
    let evercite = Evercite::new();
    evercite.run(&["verify"]).exits(3).complains_clearly();
    std::fs::write(
        evercite.archive(),
        "a letter to a friend, of no interest to SQLite".repeat(90),
    )
    .expect("a file");
    evercite.run(&["verify"]).exits(3).complains_clearly();
    let (_site, evercite) = archived();
    let sound = std::fs::read(evercite.archive()).expect("the archive");
    let cut = |length: usize| sound[..length].to_vec();
    let overwritten = |from: usize, to: usize| {
        let mut bytes = sound.clone();
        bytes[from..to].fill(0x5a);
        bytes
    };
    for (what, bytes) in [
        ("half of it", cut(sound.len() / 2)),
        ("one page", cut(4096)),
        ("the first bytes", cut(700)),
        ("the magic", overwritten(0, 1)),
        ("the schema", overwritten(200, 4096)),
        (
            "a page of the middle",
            overwritten(sound.len() / 2 / 4096 * 4096, sound.len() / 2 / 4096 * 4096 + 4096),
        ),
        ("all but the first page", overwritten(4096, sound.len())),
    ] {
        std::fs::write(evercite.archive(), bytes).expect("a file");
        for flag in ["--quick", "--full"] {
            let ran: Ran = evercite.run(&["verify", flag]).exits(2);
            ran.never_panicked();
            assert!(ran.stdout.contains("damaged"), "{what}: {ran}");
        }
    }
    assert!(Path::new(evercite.archive()).exists());
}
