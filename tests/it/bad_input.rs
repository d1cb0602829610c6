//! What users get wrong and machines run out of: one clear line, the right exit code, nothing lost.

use std::{
    fs::File,
    path::Path,
    process::{Command, Stdio},
};

use crate::harness::{Answer, Evercite, Site, citing, finish, page, prose};

/// An archive with one article, made from a site that is gone by the time it is used.
fn with_an_archive() -> Evercite {
    let site = Site::new().page("/source", page("S", &prose("ladder", 3))).serve();
    let evercite = Evercite::new();
    evercite.write("a.md", format!("[s]({})", site.url("/source")));
    evercite.ok(&["snapshot", "a.md"]);
    evercite
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("the file is there")
}

#[test]
fn sources_that_are_none() {
    let evercite = with_an_archive();
    let before = bytes(evercite.archive());
    std::fs::create_dir(evercite.path("folder")).expect("a folder");
    evercite.write("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0");
    evercite.write("data.md", b"text\0with\0zeros");
    evercite.write("paper.pdf", b"%PDF-1.7\n");
    for (source, part) in [
        ("missing.md", "no such file"),
        ("./missing", "no such file"),
        ("folder", "folder"),
        ("picture.png", "PNG"),
        ("data.md", "binary"),
        ("paper.pdf", "PDF"),
        ("ftp://example.org/a", "http"),
        ("gopher://example.org/", "http"),
        ("file:///etc/passwd", "plain path"),
        ("http://[bad", "not a web address"),
        ("http://", "not a web address"),
        ("nonsense", "no such file"),
    ] {
        for verb in ["snapshot", "check"] {
            let ran = evercite.run(&[verb, source]).exits(3);
            ran.complains_clearly();
            assert!(ran.stderr.contains(part), "{part}: {ran}");
        }
    }
    assert!(bytes(evercite.archive()) == before, "nothing was written");
    // One bad source among good ones: nothing is begun.
    evercite
        .run(&["snapshot", "a.md", "missing.md"])
        .exits(3)
        .complains_clearly();
    evercite
        .run(&["snapshot", "--files-from", "missing.txt"])
        .exits(3)
        .complains_clearly();
    assert!(bytes(evercite.archive()) == before, "nothing was written");
}

#[test]
fn flags_and_values_that_are_wrong() {
    let evercite = with_an_archive();
    let before = bytes(evercite.archive());
    let cases: &[&[&str]] = &[
        &["snapshot", "a.md", "--no-such-flag"],
        &["no-such-verb"],
        &[],
        &["snapshot"],
        &["snapshot", "a.md", "--timeout", "soon"],
        &["snapshot", "a.md", "--timeout", "-1"],
        &["snapshot", "a.md", "--depth", "deep"],
        &["snapshot", "a.md", "--robots", "maybe"],
        &["report", "--format", "pdf"],
        &["show", "http://example.org/", "--as", "pdf"],
        &["show", "http://example.org/", "--at", "the other day"],
        &["completions", "tcl"],
        &["report", "--article"],
    ];
    for arguments in cases {
        let ran = evercite.run(arguments);
        assert_eq!(ran.code, Some(3), "{ran}");
        assert!(!ran.stderr.is_empty(), "{ran}");
        ran.never_panicked();
    }
    let cases: &[&[&str]] = &[
        &["snapshot", "a.md", "--accept", "teapot"],
        &["snapshot", "a.md", "--header", "no colon"],
        &["snapshot", "a.md", "--header", "Bad Name: x"],
        &["snapshot", "a.md", "--user-agent", "line\nbreak"],
        &["snapshot", "a.md", "--resolve", "nowhere"],
        &["snapshot", "a.md", "--base-url", "docs/"],
        &["report", "--fail-on", "extinct"],
        &["report", "--article", "missing.md"],
        &["remove", "missing.md"],
        &["show", "http://[bad"],
        &["query", "SELEKT 1"],
        &["query", "SELECT * FROM no_such_view"],
        &["report", "--config", "missing.toml"],
        &["text", "missing.html"],
        &["compare", "missing.html", "also-missing.html"],
        &["robots", "missing.txt", "http://example.org/"],
        &["url", "http://[bad"],
    ];
    for arguments in cases {
        evercite.run(arguments).exits(3).complains_clearly();
    }
    assert!(bytes(evercite.archive()) == before, "nothing was written");
}

#[test]
fn patterns_that_are_wrong() {
    let evercite = with_an_archive();
    let before = bytes(evercite.archive());
    for arguments in [["--exclude", "("], ["--include", "[z-a]"]] {
        let ran = evercite.run(&[&["snapshot", "a.md"], &arguments[..]].concat()).exits(3);
        ran.complains_clearly();
        assert!(ran.stderr.contains(arguments[1]), "the pattern is named: {ran}");
    }
    evercite.write(".everciteignore", "(\n");
    let ran = evercite.run(&["snapshot", "a.md"]).exits(3);
    ran.complains_clearly();
    assert!(bytes(evercite.archive()) == before, "nothing was written");
}

#[test]
fn an_empty_name_names_nothing() {
    let evercite = with_an_archive();
    for verb in ["snapshot", "check", "remove"] {
        evercite.run(&[verb, ""]).exits(3).complains_clearly();
    }
    evercite.run(&["report", "--article", ""]).exits(3).complains_clearly();
    assert_eq!(evercite.report().articles(), ["a.md"]);
}

#[test]
fn completions_onto_a_full_disk_fail_in_words() {
    let full = File::options().write(true).open("/dev/full").expect("/dev/full");
    let output = Evercite::new()
        .bare_command(&["completions", "bash"])
        .stdout(full)
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("evercite: ") && !said.contains("panicked"), "{said}");
}

#[test]
fn configuration_that_is_wrong() {
    let evercite = with_an_archive();
    let before = bytes(evercite.archive());
    for (text, part) in [
        ("[crawl]\ntime-out = 5\n", "time-out"),
        ("colour = 'red'\n", "colour"),
        ("[crawl]\ntimeout = 'soon'\n", "soon"),
        ("[crawl\n", ""),
        ("[crawl]\nrobots = 'maybe'\n", "maybe"),
    ] {
        evercite.write("evercite.toml", text);
        for verb in [&["report"][..], &["snapshot", "a.md"], &["check"], &["list"]] {
            let ran = evercite.run(verb).exits(3);
            ran.complains_clearly();
            assert!(
                ran.stderr.contains("evercite.toml") && ran.stderr.contains(part),
                "{part}: {ran}"
            );
        }
    }
    assert!(bytes(evercite.archive()) == before, "nothing was written");
}

/// Every verb that opens an archive.
const ON_AN_ARCHIVE: &[&[&str]] = &[
    &["report"],
    &["check"],
    &["list"],
    &["resume"],
    &["show", "http://example.org/"],
    &["query", "SELECT 1"],
    &["search", "word"],
    &["remove", "a.md"],
];

#[test]
fn an_archive_that_is_not_there() {
    let evercite = Evercite::new();
    for arguments in ON_AN_ARCHIVE {
        let ran = evercite.run(arguments).exits(3);
        ran.complains_clearly();
        assert!(ran.stderr.contains("archive.db"), "{ran}");
        assert!(!evercite.archive().exists(), "reading makes no archive: {ran}");
    }
}

#[test]
fn an_archive_that_is_not_ours() {
    let text = Evercite::new();
    text.write(
        "archive.db",
        "These are my diary entries, not a database.\n".repeat(100),
    );
    let other = Evercite::new();
    let connection = rusqlite::Connection::open(other.archive()).expect("SQLite");
    connection
        .execute_batch("CREATE TABLE recipe (name); INSERT INTO recipe VALUES ('soup');")
        .expect("a table");
    drop(connection);
    let newer = with_an_archive();
    let connection = rusqlite::Connection::open(newer.archive()).expect("SQLite");
    connection
        .pragma_update(None, "user_version", 1_000_000)
        .expect("a version");
    drop(connection);
    let tiny = Evercite::new();
    tiny.write("archive.db", "a short note");
    for (evercite, part) in [
        (text, "not an SQLite database"),
        (other, "another program"),
        (newer, "format 1000000"),
        (tiny, "not an"),
    ] {
        evercite.write("a.md", "[x](http://127.9.9.9:9/)");
        let before = bytes(evercite.archive());
        for arguments in ON_AN_ARCHIVE
            .iter()
            .chain(&[&["snapshot", "a.md"][..], &["check", "a.md"], &["demo"]])
        {
            let ran = evercite.run(arguments).exits(3);
            ran.complains_clearly();
            assert!(ran.stderr.contains(part), "{part}: {ran}");
            assert!(bytes(evercite.archive()) == before, "left as it was: {ran}");
        }
    }
}

#[test]
fn an_archive_that_is_a_folder() {
    let evercite = Evercite::new();
    std::fs::create_dir(evercite.archive()).expect("a folder");
    evercite.write("a.md", "[x](http://127.9.9.9:9/)");
    for arguments in ON_AN_ARCHIVE.iter().chain(&[&["snapshot", "a.md"][..]]) {
        let ran = evercite.run(arguments);
        assert!(matches!(ran.code, Some(1 | 3)), "{ran}");
        ran.complains_clearly();
    }
}

#[test]
fn an_archive_that_is_damaged_breaks_nothing_else() {
    let evercite = with_an_archive();
    let whole = bytes(evercite.archive());
    let half = whole[..whole.len() / 2].to_vec();
    let mut scribbled = whole.clone();
    for at in (8192..scribbled.len()).step_by(97) {
        scribbled[at] ^= 0x5a;
    }
    for damaged in [half, scribbled] {
        std::fs::write(evercite.archive(), &damaged).expect("written");
        for arguments in ON_AN_ARCHIVE
            .iter()
            .filter(|arguments| !matches!(arguments[0], "check" | "resume" | "remove"))
        {
            let ran = evercite.run(arguments);
            ran.never_panicked();
            assert!(matches!(ran.code, Some(0..=3)), "{ran}");
        }
        assert!(
            bytes(evercite.archive()) == damaged,
            "reading repairs nothing and breaks nothing"
        );
    }
}

#[test]
fn places_that_cannot_be_written() {
    let evercite = Evercite::new();
    evercite.write("a.md", "[x](http://127.9.9.9:9/)");
    evercite.write("file", "not a folder");
    for place in ["/proc/evercite/a.db", "/proc/a.db", "file/a.db"] {
        let ran = evercite
            .run_without_archive(&["snapshot", "a.md", "--archive", place])
            .exits(1);
        ran.complains_clearly();
    }
    let archive = with_an_archive();
    for place in ["/dev/full", "/proc/links.txt", "no/such/folder/links.txt"] {
        archive.run(&["report", "--output", place]).exits(1).complains_clearly();
    }
}

#[test]
fn a_read_only_folder_can_still_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let evercite = with_an_archive();
    let set = |mode| std::fs::set_permissions(evercite.folder(), PermissionsExt::from_mode(mode)).expect("chmod");
    set(0o555);
    if std::fs::write(evercite.path("probe"), "").is_ok() {
        set(0o755);
        println!("skipped: this user may write everywhere");
        return;
    }
    evercite.run(&["report"]).exits(0);
    evercite.run(&["check"]).exits(1).complains_clearly();
    evercite.run(&["snapshot", "a.md"]).exits(1).complains_clearly();
    set(0o755);
}

#[test]
fn standard_output_that_is_full_or_gone() {
    let evercite = with_an_archive();
    for arguments in [
        &["report", "--all"][..],
        &["list"],
        &["query", "SELECT 1"],
        &["man"],
        &["url", "http://example.org/"],
    ] {
        let full = File::options().write(true).open("/dev/full").expect("/dev/full");
        let output = evercite.command(arguments).stdout(full).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(
            said.starts_with("evercite: ") && !said.contains("panicked"),
            "{arguments:?}: {said}"
        );
        // A reader that left, as `head` does, is no error.
        let mut child = evercite
            .command(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("panicked"), "{arguments:?}: {said}");
    }
}

/// A small disk of its own, as long as the test runs.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(at: &'a Path, size: &str) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(at)
            .stderr(Stdio::null())
            .status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(at))
    }

    fn grow(&self, size: &str) {
        let status = Command::new("mount")
            .args(["-o", &format!("remount,size={size}")])
            .arg(self.0)
            .status();
        assert!(status.is_ok_and(|status| status.success()));
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        // Without it the folder could not be removed; there is nothing more to do about it here.
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_disk_that_fills_up_loses_nothing_and_resume_goes_on() {
    let evercite = Evercite::new();
    let folder = evercite.path("disk");
    std::fs::create_dir(&folder).expect("a folder");
    let Some(disk) = SmallDisk::mount(&folder, "1m") else {
        println!("skipped: this user may not mount a small disk");
        return;
    };
    // Pages that do not compress: 30 of 60 kB.
    let noise = |seed: u32| -> Vec<u8> {
        let mut state = seed.wrapping_mul(2_654_435_761) | 1;
        let step = move |_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            (state >> 11) as u8
        };
        (0..60_000).map(step).collect()
    };
    let paths: Vec<String> = (0..30).map(|n| format!("/{n}")).collect();
    let mut site = Site::new().page("/article", citing(&paths));
    for (n, path) in (1..).zip(&paths) {
        site = site.answer(path, Answer::bytes("application/octet-stream", noise(n)));
    }
    let site = site.serve();
    let archive = folder.join("a.db").to_string_lossy().into_owned();
    let arguments = ["snapshot", &site.url("/article"), "--archive", &archive];
    let ran = finish(
        &arguments,
        evercite.bare_command(&arguments).spawn().expect("it starts"),
    )
    .exits(1);
    ran.complains_clearly();
    assert!(ran.stderr.contains("no room left"), "{ran}");
    disk.grow("40m");
    evercite
        .run_without_archive(&["resume", "--archive", &archive])
        .exits(0);
    let report = evercite
        .run_without_archive(&["report", "--archive", &archive, "--format", "json"])
        .exits(0)
        .json();
    assert_eq!(report["totals"]["by_class"]["ok"], 30, "{:#}", report["totals"]);
    let connection = rusqlite::Connection::open(&archive).expect("SQLite");
    let sound: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("a word");
    assert_eq!(sound, "ok");
}
