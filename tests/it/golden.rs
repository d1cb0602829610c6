//! Archives of every format that was ever released open for ever: `snapshots/` holds one of each.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{
    harness::{Evercite, Report, schema},
    migrate::format,
};

/// Bytes of a golden archive at most: each stays in the repository for ever. Two thirds are the first pages of
/// tables and indexes.
const SMALL: u64 = 500_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots")
}

/// The report without the moment it was made.
fn told(evercite: &Evercite) -> Value {
    let mut report: Report = evercite.report();
    report.0["generated_at"] = Value::Null;
    report.0
}

#[test]
fn archives_of_every_format_are_read_fully() {
    for format in 1..=format() {
        let golden = folder().join(format!("format-{format}.db"));
        if format == 1 && !golden.exists() {
            // The first format was never released without the views of the second.
            continue;
        }
        let evercite = Evercite::new();
        std::fs::copy(&golden, evercite.archive()).unwrap_or_else(|e| panic!("{}: {e}", golden.display()));
        assert_eq!(evercite.value::<i64>("PRAGMA user_version"), format as i64);
        if format < crate::migrate::format() {
            evercite.ok(&["migrate"]);
        }
        assert!(evercite.is_sound(), "format {format}");
        let length: i64 = evercite.value("SELECT sum(length) FROM payload WHERE blob_id IS NOT NULL");
        let bodies = evercite.bodies();
        assert_eq!(bodies.values().map(Vec::len).sum::<usize>() as i64, length);
        let heads: i64 = evercite.value("SELECT count(*) FROM capture_head");
        assert_eq!(evercite.heads().len() as i64, heads);
        let stored = std::fs::read_to_string(golden.with_extension("report.json")).expect("its report");
        let stored: Value = serde_json::from_str(&stored).expect("JSON");
        assert_eq!(told(&evercite), stored, "format {format}");
        // Every copy that can be shown, with its text and its heads.
        for row in evercite.query("SELECT DISTINCT url FROM page_history WHERE text_sha256 IS NOT NULL") {
            let url = row["url"].as_str().expect("an address");
            for form in ["text", "html", "headers"] {
                // What was never good has nothing to show; what is damaged says so.
                let ran = evercite.run(&["show", url, "--as", form]);
                assert!(ran.code == Some(0) || ran.stderr.contains("has no good copy"), "{ran}");
            }
        }
        for words in ["bridge", "ferry"] {
            evercite.ok(&["search", words]);
        }
        schema::assert_valid(&evercite.ok(&["stats", "--format", "json"]).json(), "stats.schema.json");
        // What it was made from is what it has to show.
        for (what, query) in [
            ("redirects", "SELECT count(*) FROM capture WHERE last_id > id"),
            ("dead links", "SELECT count(*) FROM verdict WHERE class = 'dead'"),
            ("differences", "SELECT count(*) FROM blob WHERE base_id IS NOT NULL"),
            ("runs", "SELECT count(*) - 1 FROM run"),
            ("jobs", "SELECT count(*) FROM job_history WHERE outcome = 'done'"),
            ("followed files", "SELECT count(*) FROM followed"),
            ("revisits", "SELECT count(*) FROM capture WHERE revisit IS NOT NULL"),
        ] {
            assert!(evercite.value::<i64>(query) > 0, "{what}");
        }
    }
}

/// Makes the golden archive of today's format anew: `just golden`. Only before that format is released.
#[test]
#[ignore = "writes to snapshots/"]
fn make() {
    let evercite = Evercite::new();
    evercite.ok(&["demo", "--quiet"]);
    evercite.write("docs/one.md", "One.\n");
    evercite.ok(&["add", "docs/"]);
    evercite.ok(&[
        "schedule",
        "add",
        "fixity",
        "--cron",
        "0 5 1 * *",
        "--tz",
        "UTC",
        "--",
        "verify",
        "--quick",
    ]);
    evercite.ok(&["schedule", "run", "fixity"]);
    evercite.ok(&["compact", "--rebuild", "--quiet"]);
    let golden = folder().join(format!("format-{}.db", format()));
    std::fs::copy(evercite.archive(), &golden).expect("it is written");
    let report = serde_json::to_string_pretty(&told(&evercite)).expect("JSON") + "\n";
    std::fs::write(golden.with_extension("report.json"), report).expect("it is written");
    let size = std::fs::metadata(&golden).expect("a file").len();
    assert!(size <= SMALL, "{size} bytes");
}
