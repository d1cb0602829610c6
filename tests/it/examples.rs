//! Every command that help texts and README.md show does what it is shown for, as it stands there.
//!
//! Addresses of example.org are those of a local site, and years long ago are now, when the copies were taken.

use std::{fs, io::Read};

use crate::{
    changed::git,
    harness::{Answer, Evercite, LiveSite, Ran, Site, citing, finish, page, prose},
};

/// What commands are given by a pipe or `<`, by what stands before them or after.
const INPUTS: &[(&str, &str)] = &[
    ("pandoc", "# An article\n\nSee [it](SITE/source).\n"),
    ("echo", "{\"id\": 1, \"url\": \"http://example.org\"}\n"),
    ("curl", "<title>A page</title><p>Some words of it.</p>"),
    ("evercite show", "<title>A page</title><p>Some words of it.</p>"),
    ("pages.jsonl", "{\"id\": 1, \"html\": \"<p>Some words.</p>\"}\n"),
    (
        "pairs.jsonl",
        "{\"id\": 1, \"old\": \"<p>One.</p>\", \"new\": \"<p>Two.</p>\"}\n",
    ),
    (
        "cases.jsonl",
        "{\"id\": 1, \"agent\": \"x\", \"robots_base64\": \"VXNlci1hZ2VudDogKgpEaXNhbGxvdzogL3gK\", \"url\": \"http://example.org/x\"}\n",
    ),
    ("report.sql", "SELECT url FROM dead_links"),
];

const PDF: &str = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
    3 0 obj<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n\
    4 0 obj<</Length 41>>stream\nBT /F1 12 Tf 72 720 Td (Hello there) Tj ET\nendstream endobj\n\
    5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n";

/// An archive of articles and what they cite, with the files that examples name.
fn prepared() -> (LiveSite, Evercite) {
    let feed = "<rss version='2.0'><channel><title>F</title><item><link>/article</link></item></channel></rss>";
    let site = Site::new()
        .page("/article", citing(&["/source".to_owned(), "/a".to_owned()]))
        .page(
            "/source",
            page("A source", &format!("the harbour bridge {}", prose("source", 60))),
        )
        .page("/a", page("Another", &prose("another", 60)))
        .page("/", page("Home", &prose("home", 60)))
        .answer(
            "/feed.xml",
            Answer::html(feed).header("content-type", "application/rss+xml"),
        )
        .serve();
    let evercite = Evercite::new();
    let (root, html) = (site.url(""), page("A page", &prose("page", 40)));
    let article = format!("# Notes\n\nSee [it]({root}/source) and [more]({root}/a).\n");
    for name in ["notes.md", "docs/one.md", "then.md", "now.md"] {
        evercite.write(name, &article);
    }
    for name in ["essay.html", "article.html", "page.html", "then.html", "now.html"] {
        evercite.write(name, &html);
    }
    evercite.write("articles.txt", format!("{root}/article\n"));
    evercite.write("bookmarks.html", format!("<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n<DT><A HREF=\"{root}/article\" ADD_DATE=\"1454630400\">A</A>\n</DL>"));
    evercite.write("robots.txt", "User-agent: *\nDisallow: /private/\n");
    evercite.write("report.pdf", PDF);
    let receivers = "[notify.desk]\ncommand = ['cat']\n[notify.site]\nfeed = 'public/links.atom'\n";
    evercite.write("evercite.toml", receivers);
    fs::create_dir_all(evercite.path("usb")).expect("a folder");
    evercite.ok(&["snapshot", &site.url("/article"), "notes.md"]);
    evercite.ok(&["snapshot", "--from", &site.url("/feed.xml"), "--watch"]);
    // Never due while a test runs; the examples take others' names.
    let kept = [
        "schedule",
        "add",
        "weekly",
        "--cron",
        "30 4 29 2 *",
        "--",
        "check",
        "--due",
    ];
    evercite.ok(&kept);
    evercite.run(&["schedule", "run", "weekly"]);
    let with_a_budget = ["--cron", "30 4 29 2 *", "--", "check", "--budget", "100"];
    evercite.ok(&[&["schedule", "add", "few"], &with_a_budget[..]].concat());
    evercite.ok(&["add", "docs/", "docs/**/*.md"]);
    git(evercite.folder(), &["init", "--quiet"]);
    git(evercite.folder(), &["add", "docs", "notes.md"]);
    git(evercite.folder(), &["commit", "--quiet", "-m", "begin"]);
    fs::copy(evercite.archive(), evercite.path("laptop.db")).expect("a copy");
    fs::copy(evercite.archive(), evercite.path("other.db")).expect("a copy");
    fs::copy(evercite.archive(), evercite.path("prepared.db")).expect("a copy");
    // The next visit finds something else, so that there is something to tell.
    site.set("/a", Answer::html(page("Another", &prose("else", 60))));
    evercite.ok(&["check", "--fail-on", "none"]);
    fs::copy(evercite.archive(), evercite.path("prepared.db")).expect("a copy");
    (site, evercite)
}

/// The lines that begin with `evercite`, or pipe something into it, as they stand in a text.
fn examples(text: &str) -> Vec<String> {
    let is_example = |line: &&str| {
        let command = line.trim_start();
        line.starts_with("  ")
            && (command.starts_with("evercite ") || command.contains("| evercite ") || command.contains("&& evercite "))
    };
    text.lines()
        .filter(is_example)
        .map(|line| line.trim().to_owned())
        .collect()
}

/// A command as a shell parts it, up to a comment, a pipe or a redirection; and the file that is read.
fn words(command: &str) -> (Vec<String>, Option<String>) {
    let mut words: Vec<String> = Vec::new();
    let (mut word, mut quote, mut spaces, mut rest) = (None::<String>, None::<char>, 0, "");
    for (at, c) in command.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '|' | '>' | '<' | '#') if word.is_none() => {
                rest = &command[at..];
                break;
            }
            (None, ' ') => {
                words.extend(word.take());
                spaces += 1;
                // Help texts part a command from what it is for by space.
                if spaces > 1 {
                    break;
                }
                continue;
            }
            (None, c) => word.get_or_insert_default().push(c),
        }
        spaces = 0;
    }
    words.extend(word);
    let read = rest.strip_prefix("< ").and_then(|rest| rest.split(' ').next());
    (words, read.map(str::to_owned))
}

/// Runs an example as if it were typed in a shell, on an archive of its own.
fn typed(site: &LiveSite, evercite: &Evercite, example: &str) -> Ran {
    for beside in ["-wal", "-shm"] {
        let mut path = evercite.archive().as_os_str().to_owned();
        path.push(beside);
        // It is there only after some.
        let _ = fs::remove_file(path);
    }
    fs::copy(evercite.path("prepared.db"), evercite.archive()).expect("a copy");
    let command = example.rsplit("&& ").next().unwrap_or_default();
    let (before, command) = match command.split_once("| evercite ") {
        Some((before, command)) => (Some(before.to_owned()), format!("evercite {command}")),
        None => (None, command.to_owned()),
    };
    let here = command
        .replace("https://example.org", &site.url(""))
        .replace(" example.org/source", &format!(" {}", site.url("/source")))
        .replace("/mnt/usb/", "usb/")
        .replace("/tmp/demo.db", "demo.db")
        .replace("docs/*.md", "docs/one.md")
        .replace("'3 weeks ago'", "now")
        .replace("--at 2016-02", "--at now")
        .replace("--at 2016", "--at now")
        .replace("--from 2016-02", "--from now")
        .replace("schedule add weekly", "schedule add weekly-2");
    let (words, read) = words(&here);
    let given = read.or(before).map(|from| {
        let input = INPUTS
            .iter()
            .find(|(name, _)| from.starts_with(name))
            .map(|(_, input)| input.replace("SITE", &site.url("")));
        input.unwrap_or_else(|| panic!("nothing to give to {example}"))
    });
    let arguments: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    if arguments == ["daemon"] {
        return stays_until_told(evercite);
    }
    let has_its_own = arguments.contains(&"--archive") || arguments.first() == Some(&"demo");
    match given {
        Some(input) => evercite.run_with_input(&arguments, input),
        None if has_its_own => evercite.run_without_archive(&arguments),
        None => evercite.run(&arguments),
    }
}

/// The daemon, for as long as it takes to say how it is.
fn stays_until_told(evercite: &Evercite) -> Ran {
    let mut daemon = evercite.command(&["daemon"]).spawn().expect("it starts");
    let mut first = [0; 1];
    daemon
        .stdout
        .as_mut()
        .expect("a pipe")
        .read_exact(&mut first)
        .expect("it says something");
    let told = std::process::Command::new("kill").arg(daemon.id().to_string()).status();
    assert!(told.is_ok_and(|status| status.success()));
    finish(&["daemon"], daemon)
}

/// The verbs that a help text lists.
fn verbs(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed
        .take_while(|line| !line.is_empty())
        .filter(|line| !line.starts_with("   "));
    let verbs = listed.filter_map(|line| line.split_whitespace().next());
    verbs.filter(|verb| *verb != "help").map(str::to_owned).collect()
}

fn all_work(site: &LiveSite, evercite: &Evercite, examples: &[String]) {
    let mut wrong = Vec::new();
    for example in examples {
        let ran = typed(site, evercite, example);
        // 2: links need attention.
        if !matches!(ran.code, Some(0 | 2)) {
            wrong.push(format!("{example}\n{ran}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}\n{}",
        wrong.len(),
        examples.len(),
        wrong.join("\n")
    );
}

#[test]
fn of_every_help_text() {
    let (site, evercite) = prepared();
    let mut found = Vec::new();
    for verb in verbs(&evercite.ok(&["--help"]).stdout) {
        let help = evercite.ok(&[&verb, "--help"]).stdout;
        found.extend(examples(&help));
        for below in verbs(&help) {
            found.extend(examples(&evercite.ok(&[&verb, &below, "--help"]).stdout));
        }
    }
    assert!(found.len() > 100, "{} examples", found.len());
    all_work(&site, &evercite, &found);
}

#[test]
fn of_the_readme() {
    let (site, evercite) = prepared();
    let found = examples(include_str!("../../README.md"));
    assert!(found.len() > 30, "{} examples", found.len());
    all_work(&site, &evercite, &found);
}
