//! `add`: local files that are followed from run to run.

use std::{fs, process::Command};

use crate::harness::{Evercite, LiveSite, Ran, Site, page, prose};

fn web() -> LiveSite {
    let paths = ["/a", "/b", "/c", "/d"];
    paths
        .iter()
        .fold(Site::new(), |site, path| {
            site.page(path, page(path, &prose("tide", 30)))
        })
        .serve()
}

fn note(site: &LiveSite, path: &str) -> String {
    format!("# Note on {path}\n\nSee [it]({}).\n", site.url(path))
}

fn articles(evercite: &Evercite) -> Vec<String> {
    let rows = evercite.query("SELECT article FROM article_summary ORDER BY article");
    rows.iter()
        .map(|row| row["article"].as_str().expect("a name").to_owned())
        .collect()
}

fn says(ran: &Ran, words: &str) {
    assert!(ran.stderr.contains(words), "{words}\n{ran}");
}

fn git(evercite: &Evercite, arguments: &[&str]) {
    let run = Command::new("git")
        .args(arguments)
        .current_dir(evercite.folder())
        .output();
    let run = run.expect("git is installed");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn a_folder_is_followed_from_run_to_run() {
    let site = web();
    let evercite = Evercite::new();
    evercite.write("docs/one.md", note(&site, "/a"));
    evercite.write("docs/deep/two.html", format!("<a href='{}'>it</a>", site.url("/b")));
    let added = evercite.ok(&["add", "docs/"]);
    assert!(added.stdout.contains("docs: 2 files found"), "{added}");
    assert!(
        added.stdout.contains("2 articles to take in: `evercite check`"),
        "{added}"
    );
    assert_eq!(site.asked().len(), 0, "nothing is fetched yet");
    assert_eq!(articles(&evercite), [""; 0]);

    says(&evercite.ok(&["check"]), "docs: 2 new files");
    assert_eq!(articles(&evercite), ["docs/deep/two.html", "docs/one.md"]);
    assert_eq!(evercite.report().class(&site.url("/a")), "ok");
    let quiet = evercite.ok(&["check", "--quiet"]);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));

    // New ones, also at a snapshot of something else; changed ones are read again.
    evercite.write("docs/three.txt", site.url("/c"));
    evercite.write("docs/one.md", note(&site, "/d"));
    says(&evercite.ok(&["snapshot", &site.url("/b")]), "docs: 1 new file");
    let report = evercite.report();
    assert_eq!(report.class(&site.url("/c")), "ok");
    assert_eq!(report.class(&site.url("/d")), "ok", "a changed file is read again");

    // Gone, and back.
    let uid = || evercite.value::<String>("SELECT uid FROM article WHERE locator = 'docs/one.md'");
    let before = uid();
    let kept = fs::read(evercite.path("docs/one.md")).expect("it is there");
    fs::remove_file(evercite.path("docs/one.md")).expect("it is there");
    says(&evercite.ok(&["check"]), "docs/one.md is gone, and off the list");
    assert!(!articles(&evercite).contains(&"docs/one.md".to_owned()));
    assert!(!evercite.ok(&["check"]).stderr.contains("one.md"), "it is told once");
    assert!(
        evercite
            .ok(&["show", &site.url("/d"), "--as", "text"])
            .stdout
            .contains("tide")
    );
    evercite.write("docs/one.md", kept);
    says(&evercite.ok(&["check"]), "docs: 1 file that is back");
    assert!(articles(&evercite).contains(&"docs/one.md".to_owned()));
    assert_eq!(uid(), before, "it is the same article");

    // Taken off by hand, it stays off.
    evercite.ok(&["remove", "docs/one.md"]);
    assert!(!evercite.ok(&["check"]).stderr.contains("one.md"));
    assert!(!articles(&evercite).contains(&"docs/one.md".to_owned()));
    assert!(evercite.is_sound());
    evercite.ok(&["verify", "--full"]);
}

#[test]
fn a_file_that_moves_keeps_its_history() {
    let site = web();
    let evercite = Evercite::new();
    evercite.write("docs/one.md", note(&site, "/a"));
    evercite.write("docs/two.md", note(&site, "/b"));
    evercite.ok(&["add", "docs/**/*.md"]);
    evercite.ok(&["check"]);
    let uids = || evercite.query("SELECT DISTINCT article FROM current_verdict ORDER BY article");
    assert_eq!(uids().len(), 2);
    let uid = |locator: &str| evercite.value::<String>(&format!("SELECT uid FROM article WHERE locator = '{locator}'"));
    let before = uid("docs/one.md");
    fs::create_dir(evercite.path("docs/old")).expect("a folder");
    fs::rename(evercite.path("docs/one.md"), evercite.path("docs/old/one.md")).expect("it moves");
    let ran = evercite.ok(&["check"]);
    says(&ran, "docs/one.md is docs/old/one.md now");
    assert!(
        !ran.stderr.contains("gone") && !ran.stderr.contains("new file"),
        "{ran}"
    );
    assert_eq!(articles(&evercite), ["docs/old/one.md", "docs/two.md"]);
    assert_eq!(uid("docs/old/one.md"), before);
    assert_eq!(evercite.value::<i64>("SELECT count(*) FROM article"), 2);

    // Gone in one run, somewhere else in the next.
    fs::rename(evercite.path("docs/old/one.md"), evercite.path("away.md")).expect("it moves");
    fs::remove_dir(evercite.path("docs/old")).expect("it is empty");
    says(&evercite.ok(&["check"]), "docs/old/one.md is gone");
    fs::rename(evercite.path("away.md"), evercite.path("docs/back.md")).expect("it moves");
    says(&evercite.ok(&["check"]), "docs/old/one.md is docs/back.md now");
    assert_eq!(uid("docs/back.md"), before);
    assert_eq!(articles(&evercite), ["docs/back.md", "docs/two.md"]);
}

#[test]
fn a_folder_that_is_not_there_takes_nothing_off_the_list() {
    let site = web();
    let evercite = Evercite::new();
    evercite.write("disk/docs/one.md", note(&site, "/a"));
    evercite.write("disk/docs/two.md", note(&site, "/b"));
    evercite.write("here.md", note(&site, "/c"));
    evercite.ok(&["add", "disk", "here.md"]);
    evercite.ok(&["check"]);
    let all = ["disk/docs/one.md", "disk/docs/two.md", "here.md"];
    assert_eq!(articles(&evercite), all);

    // A disk that is not mounted leaves no folder, or an empty one.
    fs::rename(evercite.path("disk"), evercite.path("elsewhere")).expect("it moves");
    let ran = evercite.run(&["check", "--quiet"]).exits(1);
    says(
        ran.never_panicked(),
        "disk could not be looked through: the folder disk is not there",
    );
    assert_eq!(articles(&evercite), all);
    fs::create_dir(evercite.path("disk")).expect("a folder");
    let ran = evercite.run(&["check"]).exits(1);
    says(&ran, "is empty now, as where a disk is not mounted");
    assert_eq!(articles(&evercite), all);
    let listed = evercite.ok(&["list", "--watched", "--format", "json"]).json();
    assert!(
        listed[0]["failure"]
            .as_str()
            .is_some_and(|why| why.contains("is empty")),
        "{listed}"
    );
    assert!(listed[1]["failure"].is_null(), "{listed}");

    fs::remove_dir(evercite.path("disk")).expect("it is empty");
    fs::rename(evercite.path("elsewhere"), evercite.path("disk")).expect("it moves");
    let ran = evercite.ok(&["check", "--quiet"]);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    assert_eq!(articles(&evercite), all);
    let listed = evercite.ok(&["list", "--watched", "--format", "json"]).json();
    assert!(listed[0]["failure"].is_null(), "{listed}");

    // A folder below that was deleted is another thing.
    evercite.write("disk/three.md", note(&site, "/d"));
    fs::remove_dir_all(evercite.path("disk/docs")).expect("it is there");
    let ran = evercite.ok(&["check"]);
    says(&ran, "disk/docs/one.md is gone");
    assert_eq!(articles(&evercite), ["disk/three.md", "here.md"]);
}

#[test]
fn a_folder_means_its_articles_and_nothing_else() {
    let site = web();
    let evercite = Evercite::new();
    let meant = ["a.md", "b.markdown", "c.HTML", "deep/er/d.htm", "e.txt", "näm e.md"];
    let others = [
        "f.png",
        "g.rst",
        ".hidden.md",
        ".cache/h.md",
        "node_modules/p/i.md",
        "target/doc/j.html",
        "drafts/k.md",
    ];
    for name in meant.iter().chain(&others) {
        evercite.write(&format!("docs/{name}"), note(&site, "/a"));
    }
    evercite.write("docs/broken.md", b"%PDF-1.4");
    git(&evercite, &["init", "--quiet"]);
    evercite.write(".gitignore", "drafts/\n");
    std::os::unix::fs::symlink(evercite.path("docs"), evercite.path("docs/round")).expect("a link");
    std::os::unix::fs::symlink(evercite.path("docs/a.md"), evercite.path("docs/link.md")).expect("a link");
    let dry = evercite.ok(&["add", "docs", "--dry-run"]);
    let listed: Vec<&str> = dry.stdout.lines().collect();
    let want: Vec<String> = [
        "a.md",
        "b.markdown",
        "broken.md",
        "c.HTML",
        "deep/er/d.htm",
        "e.txt",
        "näm e.md",
    ]
    .iter()
    .map(|name| format!("docs/{name}"))
    .collect();
    assert_eq!(listed, want);
    assert!(!evercite.archive().exists(), "nothing is written");
    evercite.ok(&["add", "docs"]);
    says(&evercite.ok(&["check"]), "docs/broken.md is a PDF, not an article");
    assert_eq!(articles(&evercite).len(), meant.len());

    for (pattern, want) in [
        ("docs/*.rst", &["docs/g.rst"][..]),
        ("docs/{a,e}.*", &["docs/a.md", "docs/e.txt"]),
        ("docs/deep/**", &["docs/deep/er/d.htm"]),
        ("docs/?.md", &["docs/a.md"]),
    ] {
        let dry = evercite.ok(&["add", pattern, "--dry-run"]);
        assert_eq!(dry.stdout.lines().collect::<Vec<_>>(), want, "{pattern}");
    }
}

#[test]
fn what_is_followed_is_listed_and_can_be_ended() {
    let site = web();
    let evercite = Evercite::new();
    evercite.write("docs/one.md", note(&site, "/a"));
    evercite.write("docs/two.md", note(&site, "/b"));
    // As a shell expands docs/*.md.
    let added = evercite.ok(&["add", "docs/one.md", "docs/two.md", "docs/one.md"]);
    assert!(added.stdout.contains("2 files are followed from now on"), "{added}");
    let added = evercite.ok(&["add", "essays*/*.md", "./docs/../docs/"]);
    assert!(added.stdout.contains("essays*/*.md matches no file now"), "{added}");
    evercite.ok(&["check"]);
    let listed = evercite.ok(&["list", "--watched", "--format", "json"]).json();
    let named: Vec<(&str, &str)> = listed
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            (
                row["list"].as_str().expect("a name"),
                row["kind"].as_str().expect("a kind"),
            )
        })
        .collect();
    let want = [
        ("docs/one.md", "file"),
        ("docs/two.md", "file"),
        ("essays*/*.md", "glob"),
        ("docs", "folder"),
    ];
    assert_eq!(named, want);
    assert!(evercite.ok(&["list"]).stdout.contains("essays*/*.md"));

    let removed = evercite.ok(&["remove", "docs/", "essays*/*.md", "docs/one.md"]);
    assert!(
        removed.stdout.contains("docs is no longer followed; its articles stay"),
        "{removed}"
    );
    evercite.write("docs/three.md", note(&site, "/c"));
    fs::remove_file(evercite.path("docs/two.md")).expect("it is there");
    evercite.ok(&["check"]);
    assert_eq!(
        articles(&evercite),
        ["docs/one.md"],
        "one stays, two was followed by name"
    );
    evercite.ok(&["remove", "docs/one.md"]);
    assert_eq!(articles(&evercite), [""; 0]);

    // From a folder below, the same names.
    let below = |arguments: &[&str]| {
        let mut command = evercite.command(arguments);
        command.current_dir(evercite.path("docs"));
        let ran = command.output().expect("it starts");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    };
    below(&["add", "t*.md"]);
    says(&evercite.ok(&["check"]), "docs/t*.md: 1 new file");
    below(&["remove", "t*.md"]);
}

#[test]
fn what_cannot_be_followed_is_told_with_what_can_be_done() {
    let evercite = Evercite::new();
    evercite.write("docs/scan.pdf", b"%PDF-1.4");
    for (name, words) in [
        (
            "https://example.org/feed.xml",
            "--from https://example.org/feed.xml --watch",
        ),
        ("example.org/a", "evercite snapshot http://example.org/a"),
        ("https://example.org/?a=*", "is an address"),
        ("missing.md", "no such file"),
        ("missing/*.md", "there is no folder missing"),
        ("docs/[a.md", "is no pattern"),
        ("docs/scan.pdf", "a PDF"),
        ("-", "standard input cannot be followed"),
        ("", ""),
    ] {
        let ran = evercite.run(&["add", name]).exits(3);
        assert!(ran.complains_clearly().stderr.contains(words), "{ran}");
    }
    assert!(!evercite.archive().exists());
}
