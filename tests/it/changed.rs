//! `check --changed-only`: links that are new in what a change changes.

use std::{fs, path::Path, process::Command};

use crate::harness::{Evercite, LiveSite, Report, Site, page, prose};

pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let run = Command::new("git")
        .args([
            "-c",
            "user.name=T",
            "-c",
            "user.email=t@example.org",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(["-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .expect("git is installed");
    assert!(
        run.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&run.stderr)
    );
    String::from_utf8_lossy(&run.stdout).trim_end().to_owned()
}

fn web() -> LiveSite {
    Site::new()
        .page("/good", page("Good", &prose("good", 40)))
        .page("/other", page("Other", &prose("other", 40)))
        .gone("/old-rot")
        .gone("/new-rot")
        .serve()
}

/// A repository with rot on its main branch, and a branch on which nothing has happened yet.
fn repository(site: &LiveSite) -> Evercite {
    let evercite = Evercite::new();
    evercite.write(
        "docs/one.md",
        format!(
            "# One\n\n[rot]({}) and [good]({})\n",
            site.url("/old-rot"),
            site.url("/good")
        ),
    );
    evercite.write("two.md", format!("[rot]({})\n", site.url("/old-rot")));
    evercite.write("data.csv", "1,2\n");
    git(evercite.folder(), &["init", "--quiet"]);
    git(evercite.folder(), &["add", "."]);
    git(evercite.folder(), &["commit", "--quiet", "-m", "begin"]);
    git(evercite.folder(), &["checkout", "--quiet", "-b", "change"]);
    evercite
}

const CHANGED: [&str; 4] = ["check", "--changed-only", "--base", "main"];

fn append(evercite: &Evercite, name: &str, text: &str) {
    let before = fs::read_to_string(evercite.path(name)).unwrap_or_default();
    evercite.write(name, before + text);
}

#[test]
fn only_links_that_are_new_in_changed_files_are_checked() {
    let site = web();
    let evercite = repository(&site);
    let nothing = evercite.ok(&CHANGED);
    assert!(
        nothing
            .stdout
            .starts_with("Nothing to check: no article has changed since "),
        "{nothing}"
    );
    assert_eq!(nothing.stdout.lines().count(), 1);
    let quiet = evercite.ok(&[&CHANGED[..], &["--quiet"]].concat());
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));

    // A change without a link of its own, in the working tree alone.
    append(&evercite, "docs/one.md", "\nMore words.\n");
    let ran = evercite.ok(&CHANGED);
    assert!(ran.stdout.contains("no link is new in 1 file changed since"), "{ran}");
    assert_eq!(site.asked().len(), 0, "nothing is asked for");

    append(
        &evercite,
        "docs/one.md",
        &format!(
            "\n[more]({}) and [again]({})\n",
            site.url("/other"),
            site.url("/old-rot")
        ),
    );
    let ran = evercite.ok(&CHANGED);
    assert!(!ran.stdout.contains("old-rot"), "{ran}");
    assert_eq!(
        (site.times("/other"), site.times("/old-rot"), site.times("/good")),
        (1, 0, 0)
    );

    // Committed; main has gone on meanwhile; a new file; rot in it.
    evercite.write("docs/new.md", format!("# New\n\n\n[bad]({})\n", site.url("/new-rot")));
    git(evercite.folder(), &["add", "."]);
    git(evercite.folder(), &["commit", "--quiet", "-m", "change"]);
    git(evercite.folder(), &["checkout", "--quiet", "main"]);
    evercite.write("two.md", "nothing\n");
    git(evercite.folder(), &["commit", "--quiet", "-am", "main goes on"]);
    git(evercite.folder(), &["checkout", "--quiet", "change"]);
    let json = evercite
        .run(&[&CHANGED[..], &["--format", "json", "--all"]].concat())
        .exits(2);
    let report = Report::of(&json);
    let mut told: Vec<(&str, &str)> = report
        .links()
        .iter()
        .map(|link| {
            (
                link["article"].as_str().expect("a name"),
                link["class"].as_str().expect("a class"),
            )
        })
        .collect();
    told.sort_unstable();
    assert_eq!(told, [("docs/new.md", "dead"), ("docs/one.md", "ok")]);
    assert_eq!(report.0["totals"]["links"], 2);
    assert_eq!(site.times("/old-rot"), 0);
    let github = evercite.run(&[&CHANGED[..], &["--format", "github"]].concat()).exits(2);
    assert!(
        github.stdout.contains("file=docs/new.md,title=dead link,line=4"),
        "{github}"
    );
    let sarif = evercite.run(&[&CHANGED[..], &["--format", "sarif"]].concat()).exits(2);
    assert!(
        sarif.stdout.contains("\"uri\": \"docs/new.md\"") && sarif.stdout.contains("\"startLine\": 4"),
        "{sarif}"
    );
    let junit = evercite.run(&[&CHANGED[..], &["--format", "junit"]].concat()).exits(2);
    assert!(
        junit.stdout.contains("docs/new.md") && !junit.stdout.contains("old-rot"),
        "{junit}"
    );

    // Named files, and folders; all links of what has changed.
    evercite.ok(&[&CHANGED[..], &["docs/one.md"]].concat());
    evercite.ok(&[&CHANGED[..], &["two.md"]].concat());
    evercite.run(&[&CHANGED[..], &["docs"]].concat()).exits(2);
    let ran = evercite
        .run(&[&CHANGED[..], &["--all-links", "docs/one.md"]].concat())
        .exits(2);
    assert!(ran.stdout.contains("old-rot"), "{ran}");
    assert!(!evercite.archive().exists(), "no archive is made");
}

#[test]
fn programs_get_a_report_of_nothing() {
    let site = web();
    let evercite = repository(&site);
    let report = Report::of(&evercite.ok(&[&CHANGED[..], &["--format", "json"]].concat()));
    assert_eq!((report.links().len(), &report.0["totals"]["links"]), (0, &0.into()));
    evercite.ok(&[&CHANGED[..], &["--format", "junit", "--output", "links.xml"]].concat());
    assert!(
        fs::read_to_string(evercite.path("links.xml"))
            .expect("it is written")
            .contains("<testsuites")
    );
}

#[test]
fn a_file_that_was_renamed_brings_no_new_links() {
    let site = web();
    let evercite = repository(&site);
    git(evercite.folder(), &["mv", "docs/one.md", "docs/moved.md"]);
    fs::remove_file(evercite.path("two.md")).expect("it is there");
    append(&evercite, "docs/moved.md", &format!("[more]({})\n", site.url("/other")));
    let ran = evercite.ok(&[&CHANGED[..], &["--all"]].concat());
    assert!(
        ran.stdout.contains("/other") && !ran.stdout.contains("old-rot"),
        "{ran}"
    );
}

#[test]
fn a_fragment_or_another_spelling_is_another_link() {
    let site = web();
    let evercite = repository(&site);
    // Asked for once for all that are spelled alike; told of only where it is new.
    append(
        &evercite,
        "docs/one.md",
        &format!(
            "[here]({}#nowhere)\n[there]({}?utm_source=x)\n",
            site.url("/good"),
            site.url("/good")
        ),
    );
    let ran = evercite.run(&[&CHANGED[..], &["--format", "json", "--all"]].concat());
    let report = Report::of(&ran);
    assert_eq!(report.links().len(), 2, "{ran}");
    assert_ne!(report.class(&site.url("/good#nowhere")), "unchecked");
    assert_eq!(report.class(&site.url("/good?utm_source=x")), "ok");
    assert_eq!(site.times("/old-rot"), 0);
}

#[test]
fn names_may_be_anything_and_folders_anywhere() {
    let site = web();
    let evercite = repository(&site);
    let rot = format!("[bad]({})\n", site.url("/new-rot"));
    let names = ["sp ace.md", "qu\"o'te.md", "new\nline.md", "-dash.md", "docs/ünï.md"];
    for name in names {
        evercite.write(name, &rot);
    }
    git(evercite.folder(), &["add", "."]);
    let report = Report::of(&evercite.run(&[&CHANGED[..], &["--format", "json"]].concat()).exits(2));
    let mut told: Vec<&str> = report
        .links()
        .iter()
        .filter_map(|link| link["article"].as_str())
        .collect();
    told.sort_unstable();
    let mut want = names;
    want.sort_unstable();
    assert_eq!(told, want);

    // From a folder below, files of the whole repository, named from there.
    let mut command = evercite.bare_command(&[&CHANGED[..], &["--format", "github"]].concat());
    let ran = command.current_dir(evercite.path("docs")).output().expect("it starts");
    let out = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert_eq!(ran.status.code(), Some(2), "{out}");
    assert!(out.contains("file=ünï.md"), "{out}");
    assert_eq!(
        out.matches("::error").count() + out.matches("::warning").count(),
        names.len(),
        "{out}"
    );

    #[cfg(target_os = "linux")]
    {
        use std::os::unix::ffi::OsStrExt;
        let odd = std::ffi::OsStr::from_bytes(b"odd\xff.md");
        fs::write(evercite.folder().join(odd), "words\n").expect("a file");
        git(evercite.folder(), &["add", "."]);
        git(evercite.folder(), &["reset", "--quiet", "--", names[0]]);
        for name in names {
            fs::write(evercite.path(name), "words\n").expect("a file");
        }
        let ran = evercite.run(&CHANGED).exits(1);
        assert!(
            ran.never_panicked().stderr.contains("its name is not in UTF-8"),
            "{ran}"
        );
    }
}

#[test]
fn an_archive_that_knows_the_files_is_used() {
    let site = web();
    let evercite = repository(&site);
    evercite.ok(&["snapshot", "docs/one.md", "two.md"]);
    site.forget();
    append(&evercite, "docs/one.md", &format!("[more]({})\n", site.url("/other")));
    let ran = evercite.ok(&[&CHANGED[..], &["--all"]].concat());
    assert!(
        ran.stdout.contains("/other") && !ran.stdout.contains("old-rot"),
        "{ran}"
    );
    assert_eq!(
        (site.times("/other"), site.times("/old-rot"), site.times("/good")),
        (1, 0, 0)
    );
    let report = evercite.report();
    assert_eq!(report.class(&site.url("/other")), "ok", "it is in the archive");
    assert!(
        report
            .links()
            .iter()
            .any(|link| link["url"] == site.url("/old-rot").as_str() && link["class"] == "dead")
    );
    assert!(evercite.is_sound());
}

#[test]
fn what_git_cannot_tell_is_told_clearly() {
    let site = web();
    let evercite = repository(&site);
    for (base, words) in [
        ("nonsense", "git knows no such revision"),
        ("--output=x", "is no revision"),
        ("", "is no revision"),
    ] {
        let ran = evercite
            .run(&["check", "--changed-only", &format!("--base={base}")])
            .exits(3);
        assert!(ran.complains_clearly().stderr.contains(words), "{ran}");
    }
    assert!(!evercite.path("x").exists());
    evercite.run(&["check", "--changed-only"]).exits(3);
    evercite.run(&["check", "--base", "main"]).exits(3);
    let ran = evercite.run(&[&CHANGED[..], &["missing.md"]].concat()).exits(3);
    assert!(ran.complains_clearly().stderr.contains("missing.md"), "{ran}");

    // No repository: one is not looked for above.
    let bare = Evercite::new();
    let mut command = bare.command(&CHANGED);
    let ran = command
        .env("GIT_CEILING_DIRECTORIES", bare.folder().parent().expect("a folder"))
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(3), "{said}");
    assert!(
        said.contains("not a git repository") && said.contains("without --changed-only"),
        "{said}"
    );
    let mut command = bare.command(&CHANGED);
    let ran = command.env("PATH", "/nonexistent").output().expect("it starts");
    assert_eq!(ran.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("git is not installed"));

    // A clone as CI makes it, which lacks the base.
    append(&evercite, "two.md", "words\n");
    git(evercite.folder(), &["commit", "--quiet", "-am", "change"]);
    let shallow = Evercite::new();
    let from = format!("file://{}", evercite.folder().display());
    git(
        shallow.folder(),
        &["clone", "--quiet", "--depth", "1", "--branch", "change", &from, "clone"],
    );
    let mut command = shallow.command(&["check", "--changed-only", "--base", "origin/main"]);
    let ran = command.current_dir(shallow.path("clone")).output().expect("it starts");
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(3), "{said}");
    assert!(said.contains("fetch-depth: 0"), "{said}");
}
