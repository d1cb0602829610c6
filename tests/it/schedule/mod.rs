//! Jobs: kept, told of, run when due, once, whatever is killed when.

mod install;
mod runners;
mod telling;

use std::time::Duration;

use evercite::{archive::Archive, model::time::Timestamp};

use crate::harness::{Answer, Evercite, LiveSite, Site, citing, page, prose};

/// An article that cites pages, each of which takes a moment; kept.
fn kept(pages: usize, wait: Duration) -> (LiveSite, Evercite) {
    let paths: Vec<String> = (0..pages).map(|n| format!("/page/{n}")).collect();
    let mut site = Site::new().page("/article", citing(&paths));
    for (n, path) in paths.iter().enumerate() {
        let text = page(&format!("Page {n}"), &prose(&format!("thing{n}"), 60));
        site = site.answer(path, Answer::html(text).delayed(wait));
    }
    let site = site.serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    site.forget();
    (site, evercite)
}

/// Adds a job that is due in the middle of some winter, and never while a test runs.
fn add(evercite: &Evercite, name: &str, command: &[&str]) {
    let words = ["schedule", "add", name, "--cron", "30 4 29 2 *", "--tz", "UTC", "--"];
    evercite.ok(&[&words, command].concat());
}

/// Lets a job be due, as if its time had come; each time another one.
fn let_be_due(evercite: &Evercite, name: &str, hour: u64) {
    let archive = Archive::open(evercite.archive()).expect("it opens");
    let job = archive
        .reader()
        .expect("a reader")
        .job(name)
        .expect("a row")
        .expect("a job");
    let due = Timestamp::parse("2020-02-29T04:30:00Z").expect("a time");
    let due = due.plus(Duration::from_secs(hour * 3600));
    let noted = archive
        .writer()
        .expect("a writer")
        .call(move |ingest| ingest.due_job(job.id, due, false, 1, None));
    assert!(noted.expect("it is noted").is_some());
}

/// Lets a job have been looked at last so long ago.
fn look_back(evercite: &Evercite, name: &str, since: &str) {
    let since = Timestamp::parse(since).expect("a time").millis();
    let sql = rusqlite::Connection::open(evercite.archive()).expect("SQLite opens the archive");
    let changed = sql.execute(
        "UPDATE job SET considered_at = ? WHERE name = ?",
        rusqlite::params![since, name],
    );
    assert_eq!(changed.expect("it is changed"), 1);
}

/// The times of all jobs, oldest first: job, outcome, attempts, times.
fn times(evercite: &Evercite) -> Vec<(String, String, i64, i64)> {
    let sql = evercite.sqlite();
    let mut rows = sql
        .prepare(
            "SELECT j.name, r.outcome, r.attempts, r.times FROM job_run r JOIN job j ON j.id = r.job_id ORDER BY r.id",
        )
        .expect("the tables are there");
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)));
    rows.expect("rows").map(|row| row.expect("a row")).collect()
}

#[test]
fn a_job_is_added_listed_shown_paused_and_removed() {
    let evercite = Evercite::new();
    let added = evercite.ok(&[
        "schedule",
        "add",
        "weekly",
        "--cron",
        "0 3 * * 1",
        "--tz",
        "Europe/Oslo",
        "--",
        "check",
        "--due",
    ]);
    assert!(added.stdout.starts_with("Job weekly is due next on Mon 20"), "{added}");
    assert!(added.stdout.contains("03:00 (Europe/Oslo)"), "{added}");
    evercite.ok(&[
        "schedule",
        "add",
        "fixity",
        "--cron",
        "@monthly",
        "--cron",
        "0 5 15 * *",
        "--",
        "verify",
        "--full",
    ]);
    let list = evercite.ok(&["schedule", "list", "--format", "json"]).json();
    assert_eq!((&list[0]["job"], &list[1]["job"]), (&"fixity".into(), &"weekly".into()));
    assert_eq!(list[0]["when"], "@monthly; 0 5 15 * *");
    assert_eq!(
        (&list[1]["command"], &list[1]["zone"]),
        (&"check --due".into(), &"Europe/Oslo".into())
    );
    assert!(list[1]["last"].is_null());
    let next = Timestamp::parse(list[1]["next"].as_str().expect("a time")).expect("a time");
    assert!(next > Timestamp::parse("2026-11-01").expect("a time"));
    let shown = evercite.ok(&["schedule", "show", "weekly"]).stdout;
    assert!(
        shown.contains("weekly: evercite check --due")
            && shown.contains("run once for all")
            && shown.contains("limit    12 h\n"),
        "{shown}"
    );
    assert!(
        evercite
            .ok(&["schedule", "pause", "weekly"])
            .stdout
            .contains("is paused")
    );
    assert_eq!(
        evercite.ok(&["schedule", "list", "--format", "json"]).json()[1]["next"],
        "paused"
    );
    assert!(
        evercite
            .ok(&["schedule", "resume", "weekly"])
            .stdout
            .contains("is due next on")
    );
    evercite.ok(&["schedule", "remove", "weekly"]);
    let gone = evercite.run(&["schedule", "show", "weekly"]).exits(3);
    assert!(gone.complains_clearly().stderr.contains("no job \"weekly\""));
    // The name is free again.
    add(&evercite, "weekly", &["check"]);
}

#[test]
fn what_cannot_be_a_job_is_refused() {
    let evercite = Evercite::new();
    add(&evercite, "there", &["check"]);
    for (words, why) in [
        (
            &["there", "--cron", "@daily", "--", "check"][..],
            "there is a job there already",
        ),
        (&["x", "--cron", "0 25 * * *", "--", "check"], "\"25\" is no hour"),
        (&["x", "--cron", "0 0 30 2 *", "--", "check"], "never comes"),
        (&["x", "--cron", "@reboot", "--", "check"], "@reboot is no time"),
        (
            &["x", "--cron", "@daily", "--tz", "Mars/Olympus", "--", "check"],
            "is no time zone",
        ),
        (
            &["../x", "--cron", "@daily", "--", "check"],
            "cannot be the name of a job",
        ),
        (
            &["x", "--cron", "@daily", "--", "report"],
            "`report` is nothing that a job does",
        ),
        (
            &["x", "--cron", "@daily", "--", "schedule", "run-due"],
            "is nothing that a job does",
        ),
        (
            &["x", "--cron", "@daily", "--", "chekc"],
            "is not understood: unrecognized subcommand",
        ),
        (&["x", "--cron", "@daily", "--", "check", "--wat"], "is not understood"),
        (
            &["x", "--cron", "@daily", "--", "check", "--archive=b.db"],
            "--archive has no place",
        ),
        (
            &["x", "--cron", "@daily", "--limit", "0", "--", "check"],
            "no time to run in",
        ),
        (&["x", "--cron", "@daily", "--", "snapshot", "-"], "no standard input"),
        (
            &["x", "--cron", "@daily", "--", "check", "-H", "Authorization: secret"],
            "may be a secret",
        ),
        (
            &["x", "--cron", "@daily", "--", "check", "--proxy", "http://a:secret@b:1"],
            "may be a secret",
        ),
    ] {
        let ran = evercite.run(&[&["schedule", "add"], words].concat()).exits(3);
        assert!(ran.complains_clearly().stderr.contains(why), "{why}: {ran}");
    }
    assert!(!String::from_utf8_lossy(&evercite.every_byte()).contains("secret"));
    assert_eq!(evercite.value::<i64>("SELECT count(*) FROM job"), 1);
}

#[test]
fn what_is_due_is_run_once_and_its_outcome_is_kept() {
    let (site, evercite) = kept(3, Duration::ZERO);
    add(&evercite, "nightly", &["check"]);
    let silent = evercite.ok(&["schedule", "run-due"]);
    assert_eq!(
        (silent.stdout.as_str(), silent.stderr.as_str()),
        ("", ""),
        "nothing was due"
    );
    assert!(site.asked().is_empty());
    let_be_due(&evercite, "nightly", 0);
    evercite.ok(&["schedule", "run-due"]);
    evercite.ok(&["schedule", "run-due"]);
    assert_eq!(times(&evercite), [("nightly".into(), "done".into(), 1, 1)]);
    assert_eq!(
        site.asked()
            .iter()
            .filter(|asked| asked.path.starts_with("/page/"))
            .count(),
        3
    );
    // What it finds is an outcome of its own.
    site.set("/page/1", Answer::status(410));
    let_be_due(&evercite, "nightly", 1);
    evercite.ok(&["schedule", "run-due"]);
    assert_eq!(times(&evercite)[1], ("nightly".into(), "findings".into(), 1, 1));
    // So is what it cannot do: a file is no folder.
    evercite.write("notes.md", "");
    add(&evercite, "backup", &["backup", "notes.md/x.db"]);
    let_be_due(&evercite, "backup", 0);
    let ran = evercite.run(&["schedule", "run-due"]).exits(1);
    assert_eq!(times(&evercite)[2], ("backup".into(), "failed".into(), 1, 1), "{ran}");
    let log = evercite.ok(&["schedule", "show", "backup", "--log"]).stdout;
    assert!(log.contains("evercite --archive") && log.contains("notes.md"), "{log}");
    let shown = evercite.ok(&["schedule", "show", "backup"]).stdout;
    assert!(
        shown.contains("failed with exit code 1 (") && shown.contains("archive.db.logs/backup-2020-02-29T043000"),
        "{shown}"
    );
    assert!(evercite.is_sound());
    evercite.ok(&["verify", "--full"]);
}

#[test]
fn a_job_can_be_run_by_hand() {
    let (site, evercite) = kept(2, Duration::ZERO);
    add(&evercite, "nightly", &["check"]);
    let ran = evercite.ok(&["schedule", "run", "nightly"]);
    assert!(ran.stderr.contains("nightly: done"), "{ran}");
    site.set("/page/1", Answer::status(410));
    evercite.run(&["schedule", "run", "nightly"]).exits(2);
    assert_eq!(times(&evercite).len(), 2);
    let shown = evercite.ok(&["schedule", "show", "nightly"]).stdout;
    assert_eq!(shown.matches(", by hand: done").count(), 2, "{shown}");
}

#[test]
fn times_that_were_missed_are_caught_up_as_the_job_says() {
    let (site, evercite) = kept(1, Duration::ZERO);
    for rule in ["once", "all", "skip"] {
        let words = [
            "schedule",
            "add",
            rule,
            "--cron",
            "0 0 1 1,7 *",
            "--tz",
            "UTC",
            "--catch-up",
            rule,
            "--",
        ];
        evercite.ok(&[&words[..], &["check"]].concat());
        look_back(&evercite, rule, "2025-01-02");
    }
    // Paused in between: nothing of it is made up for.
    add(&evercite, "resting", &["check"]);
    look_back(&evercite, "resting", "1999-01-01");
    evercite.ok(&["schedule", "pause", "resting"]);
    evercite.ok(&["schedule", "run-due"]);
    evercite.ok(&["schedule", "resume", "resting"]);
    evercite.ok(&["schedule", "run-due"]);
    let times = times(&evercite);
    let of = |rule: &str| -> Vec<_> { times.iter().filter(|time| time.0 == rule).cloned().collect() };
    let missed = of("once")[0].3;
    assert!(missed >= 3, "every half year since: {times:?}");
    assert_eq!(of("once"), [("once".into(), "done".into(), 1, missed)]);
    assert_eq!(of("all"), vec![("all".into(), "done".into(), 1, 1); missed as usize]);
    assert_eq!(of("skip"), [("skip".into(), "missed".into(), 0, missed)]);
    assert_eq!(of("resting"), []);
    assert_eq!(
        site.asked().iter().filter(|asked| asked.path == "/page/0").count(),
        missed as usize + 1
    );
}

#[test]
fn old_logs_are_removed() {
    let evercite = Evercite::new();
    add(&evercite, "fixity", &["verify", "--quick"]);
    for hour in 0..33 {
        let_be_due(&evercite, "fixity", hour);
    }
    evercite.ok(&["schedule", "run-due"]);
    let logs: Vec<String> = std::fs::read_dir(evercite.path("archive.db.logs"))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(logs.len(), 30);
    assert!(!logs.iter().any(|log| log.contains("2020-02-29T043000")), "{logs:?}");
    assert_eq!(evercite.value::<i64>("SELECT count(log) FROM job_run"), 30);
    assert_eq!(times(&evercite).len(), 33);
}

#[test]
fn a_run_that_takes_too_long_is_stopped_and_gone_on_with_the_next_time() {
    let (site, evercite) = kept(40, Duration::from_millis(100));
    let words = [
        "schedule",
        "add",
        "slow",
        "--cron",
        "30 4 29 2 *",
        "--limit",
        "1s",
        "--",
    ];
    evercite.ok(&[&words[..], &["check", "--max-concurrency", "1"]].concat());
    let_be_due(&evercite, "slow", 0);
    let ran = evercite.run(&["schedule", "run-due"]).exits(1);
    assert_eq!(times(&evercite), [("slow".into(), "timed-out".into(), 1, 1)], "{ran}");
    let asked = site.asked().len();
    assert!(asked < 40, "{asked} requests in a second");
    for hour in 1.. {
        let_be_due(&evercite, "slow", hour);
        if evercite.run(&["schedule", "run-due"]).code == Some(0) {
            break;
        }
        assert!(hour < 20, "{:?}", times(&evercite));
    }
    assert_eq!(
        evercite.value::<i64>("SELECT count(*) FROM run"),
        2,
        "the snapshot, and one check"
    );
    let mut pages: Vec<String> = site.asked().into_iter().map(|asked| asked.path).collect();
    pages.retain(|path| path.starts_with("/page/"));
    pages.sort();
    pages.dedup();
    assert_eq!(pages.len(), 40);
}
