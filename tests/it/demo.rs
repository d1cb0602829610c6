//! `demo`: the whole product on the bundled web, in one command.

use evercite::demo::{ARTICLE, expected};

use crate::harness::{Evercite, Report};

#[test]
fn the_demo_ends_with_every_page_in_the_class_it_deserves() {
    let evercite = Evercite::new();
    let ran = evercite.run_without_archive(&["demo"]).exits(0);
    assert_eq!(ran.stderr, "", "{ran}");
    // A command to copy is as long as it is.
    for line in ran.stdout.lines().filter(|line| !line.starts_with("  evercite ")) {
        assert!(line.chars().count() <= 80 && !line.contains('\x1b'), "{line}");
    }
    for word in ["DEAD", "What the words mean", "snapshots/demo.db", "evercite snapshot"] {
        assert!(ran.stdout.contains(word), "{word}: {ran}");
    }
    let archive = ["--archive", "snapshots/demo.db"];
    let all = ["report", "--format", "json", "--all", "--fail-on", "none"];
    let report = Report::of(&evercite.run_without_archive(&[&all[..], &archive].concat()).exits(0));
    report.adds_up();
    assert_eq!(report.articles(), [ARTICLE]);
    let wrong: Vec<String> = expected()
        .into_iter()
        .filter(|(url, class)| report.class(url) != *class)
        .map(|(url, class)| format!("{url}: {}, not {class}", report.class(url)))
        .collect();
    assert_eq!(wrong, Vec::<String>::new());
    assert!(expected().len() >= 20, "some twenty pages");
    // What it says to try next works.
    for line in ran
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("  evercite --archive "))
    {
        let words: Vec<&str> = match line.split_once('\'') {
            Some((before, quoted)) => before
                .split_whitespace()
                .chain([quoted.trim_end_matches('\'')])
                .collect(),
            None => line.split_whitespace().collect(),
        };
        let tried = evercite.run_without_archive(&[&["--archive"], &words[..]].concat());
        assert!(matches!(tried.code, Some(0 | 2)) && !tried.stdout.is_empty(), "{tried}");
    }
}

#[test]
fn the_demo_begins_anew_and_spares_other_archives() {
    let evercite = Evercite::new();
    evercite.ok(&["demo", "--quiet"]);
    evercite.ok(&["demo"]);
    assert_eq!(evercite.report().articles(), [ARTICLE]);
    evercite.write("mine.md", "[x](http://127.9.9.9:9/)");
    evercite.ok(&["snapshot", "mine.md"]);
    let before = std::fs::read(evercite.archive()).expect("the archive");
    evercite.run(&["demo"]).exits(3).complains_clearly();
    assert!(std::fs::read(evercite.archive()).is_ok_and(|after| after == before));
}
