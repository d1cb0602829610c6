//! What runners of jobs tell, and whom.

use std::time::Duration;

use super::{add, kept, let_be_due};
use crate::harness::{Answer, Evercite, page, prose};

fn run_due(evercite: &Evercite) -> (String, String) {
    let ran = evercite.ok(&["schedule", "run-due"]);
    (ran.stdout, ran.stderr)
}

#[test]
fn what_is_new_is_printed_once_and_silence_follows() {
    let (site, evercite) = kept(3, Duration::ZERO);
    add(&evercite, "nightly", &["check"]);
    let silence = (String::new(), String::new());
    let_be_due(&evercite, "nightly", 0);
    assert_eq!(run_due(&evercite), silence, "all is well");
    site.set("/page/1", Answer::status(410));
    site.set("/page/2", Answer::html(page("Page 2", &prose("other", 60))));
    let_be_due(&evercite, "nightly", 1);
    let (told, _) = run_due(&evercite);
    assert!(told.starts_with("2 links need attention: 1 dead, 1 replaced"), "{told}");
    assert!(
        told.contains(&site.url("/page/1")) && !told.contains(&site.url("/page/0")),
        "{told}"
    );
    let_be_due(&evercite, "nightly", 2);
    assert_eq!(run_due(&evercite), silence, "that was told");
    assert_eq!(run_due(&evercite), silence, "nothing was run");
}

#[test]
fn a_job_that_fails_is_told_of() {
    let evercite = Evercite::new();
    evercite.write("notes.md", "");
    add(&evercite, "backup", &["backup", "notes.md/x.db"]);
    let_be_due(&evercite, "backup", 0);
    let told = evercite.run(&["schedule", "run-due"]).exits(1).stdout;
    assert!(
        told.contains("backup") && told.contains("archive.db.logs/backup-2020"),
        "{told}"
    );
    assert_eq!(run_due(&evercite).0, "");
}

#[test]
fn those_who_are_configured_are_told_instead_and_a_broken_one_fails_nothing() {
    let (site, evercite) = kept(2, Duration::ZERO);
    evercite.write(
        "evercite.toml",
        "[notify.desk]\ncommand = ['tee', 'mail.txt']\n[notify.broken]\ncommand = ['false']\n[notify.feed]\nfeed = 'links.atom'\n",
    );
    add(&evercite, "nightly", &["check"]);
    site.set("/page/1", Answer::status(410));
    let_be_due(&evercite, "nightly", 0);
    let (out, err) = run_due(&evercite);
    assert_eq!(out, "");
    assert!(err.contains("broken could not be told"), "{err}");
    let mail = std::fs::read_to_string(evercite.path("mail.txt")).expect("a mail");
    assert!(mail.contains(&site.url("/page/1")), "{mail}");
    let feed = std::fs::read_to_string(evercite.path("links.atom")).expect("a feed");
    assert!(feed.contains("1 link needs attention: 1 dead"), "{feed}");
    // It rests for a while, so that cron does not mail the same failure every five minutes.
    assert_eq!(run_due(&evercite), (String::new(), String::new()));
}
