//! Reading the archive: `search`, `show`, `list`, `remove`; and the help about all of it.

use crate::harness::{Answer, Evercite, LiveSite, Site, citing, page, prose};

fn an_archive() -> (LiveSite, Evercite) {
    let site = Site::new()
        .page("/café", page("Le café", "Un café crème, s'il vous plaît."))
        .page("/caf%C3%A9", page("Le café", "Un café crème, s'il vous plaît."))
        .page("/lantern", page("Lantern", &prose("lantern", 5)))
        .page("/anchor", page("Anchor", &prose("anchor", 5)))
        .gone("/gone")
        .page("/article", citing(&["/lantern", "/anchor", "/gone", "/café"]))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    (site, evercite)
}

#[test]
fn words_are_found_and_never_taken_for_a_query_language() {
    let (site, evercite) = an_archive();
    let found = |words: &[&str]| -> Vec<String> {
        let ran = evercite.ok(&[&["search", "--format", "json", "--"][..], words].concat());
        let hits = ran.json();
        hits.as_array()
            .expect("hits")
            .iter()
            .filter_map(|hit| hit["url"].as_str())
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(found(&["lantern"]), [site.url("/lantern")]);
    assert_eq!(found(&["LANTERN", "keepers"]), [site.url("/lantern")]);
    assert_eq!(found(&["lantern", "anchor"]), Vec::<String>::new(), "all of the words");
    assert_eq!(
        found(&["cafe", "creme"]),
        [site.url("/caf%C3%A9")],
        "accents do not matter"
    );
    for hostile in [
        "\"",
        "\"\"",
        "'",
        "*",
        "lantern*",
        "NEAR(",
        "lantern AND",
        "OR",
        "NOT x",
        "title:",
        "(",
        "^",
        "-lantern",
        "+",
        "a\"b",
        "{title text}:x",
        ";",
        "\\",
        "…",
        "lantern OR anchor",
    ] {
        let ran = evercite.run(&["search", "--", hostile]);
        // Where no word is left there is nothing to search for.
        assert!(matches!(ran.code, Some(0 | 3)), "{hostile:?}: {ran}");
        ran.never_panicked();
    }
    let table = evercite.ok(&["search", "lantern"]).stdout;
    assert!(
        table.contains(&site.url("/lantern")) && table.to_lowercase().contains("[lantern]"),
        "{table}"
    );
    assert_eq!(
        evercite
            .ok(&["search", "keepers", "--limit", "1", "--format", "json"])
            .json()
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[test]
fn searching_for_nothing_is_no_failure_of_the_archive() {
    let (_site, evercite) = an_archive();
    for nothing in ["", " "] {
        let ran = evercite.run(&["search", nothing]);
        assert!(matches!(ran.code, Some(0 | 3)), "{ran}");
        assert!(!ran.stderr.contains("archive.db failed"), "{ran}");
    }
}

#[test]
fn show_prints_the_copy_of_a_time_in_the_form_asked_for() {
    let (site, evercite) = an_archive();
    let address = site.url("/lantern");
    let (old, new) = (
        page("Lantern", &prose("lantern", 5)),
        page("Beacon", &prose("beacon", 5)),
    );
    let first: String = evercite.value(
        "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') FROM capture c JOIN url u ON u.id = c.url_id
         WHERE u.url LIKE '%/lantern'",
    );
    site.set("/lantern", Answer::html(&new));
    evercite.run(&["check"]).exits(2);
    assert_eq!(evercite.ok(&["show", &address, "--as", "html"]).stdout, new);
    assert_eq!(
        evercite.ok(&["show", &address, "--as", "html", "--at", &first]).stdout,
        old
    );
    let text = evercite.ok(&["show", &address]).stdout;
    assert!(
        text.starts_with("Beacon\n") && text.contains("beacon keepers") && !text.contains('<'),
        "{text}"
    );
    let headers = evercite
        .ok(&["show", &address, "--as", "headers"])
        .stdout
        .to_lowercase();
    for part in [
        "get /lantern http/1.1",
        "user-agent: evercite/",
        "200",
        "content-type: text/html",
    ] {
        assert!(headers.contains(part), "{part}: {headers}");
    }
    let with_fragment = format!("{address}#part");
    assert_eq!(evercite.ok(&["show", &with_fragment, "--as", "html"]).stdout, new);
    evercite
        .run(&["show", &address, "--at", "2001"])
        .exits(1)
        .complains_clearly();
    evercite.run(&["show", &site.url("/gone")]).exits(1).complains_clearly();
    evercite
        .run(&["show", "http://never-seen.example/"])
        .exits(1)
        .complains_clearly();
}

#[test]
fn articles_are_listed_and_removed() {
    let (site, evercite) = an_archive();
    evercite.write("a.md", format!("# My notes\n\n[x]({})", site.url("/lantern")));
    evercite.ok(&["snapshot", "a.md", "--cited-at", "2020-05-01"]);
    let listed = evercite.ok(&["list", "--format", "json"]).json();
    assert_eq!(listed[0]["article"], site.url("/article"));
    assert_eq!(
        (&listed[1]["article"], &listed[1]["links"]),
        (&"a.md".into(), &1.into()),
        "{listed:#}"
    );
    assert_eq!(
        (&listed[1]["title"], &listed[1]["cited"]),
        (&"My notes".into(), &"2020-05-01".into())
    );
    assert!(evercite.ok(&["list"]).stdout.contains("My notes"));
    let removed = evercite.ok(&["remove", &site.url("/article")]);
    assert!(removed.stdout.contains(&site.url("/article")), "{removed}");
    assert_eq!(evercite.report().articles(), ["a.md"]);
    site.forget();
    evercite.ok(&["check"]);
    assert_eq!(
        (site.times("/article"), site.times("/anchor"), site.times("/lantern")),
        (0, 0, 1)
    );
    evercite.ok(&["show", &site.url("/anchor")]);
    evercite.ok(&["show", &site.url("/article")]);
    evercite.ok(&["snapshot", &site.url("/article")]);
    assert_eq!(evercite.report().articles().len(), 2, "it can be taken in again");
    evercite.ok(&["remove", "a.md", &site.url("/article")]);
    evercite.run(&["check"]).exits(3).complains_clearly();
}

#[test]
fn every_verb_explains_itself_with_examples() {
    let evercite = Evercite::new();
    let help = evercite.run_without_archive(&["--help"]).exits(0).stdout;
    assert!(help.contains("Examples") && help.contains("Exit codes"), "{help}");
    let verbs: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|verb| *verb != "help")
        .collect();
    assert!(verbs.len() >= 16, "{verbs:?}");
    let lacking: Vec<&&str> = verbs
        .iter()
        .filter(|verb| {
            !evercite
                .run_without_archive(&[verb, "--help"])
                .exits(0)
                .stdout
                .contains("Examples:\n  ")
        })
        .collect();
    assert_eq!(lacking, Vec::<&&str>::new(), "verbs without an example");
    let man = evercite.run_without_archive(&["man"]).exits(0).stdout;
    for verb in verbs {
        assert!(
            man.contains(&format!("evercite-{verb}")) || man.contains(&format!("evercite\\-{verb}")),
            "{verb}"
        );
    }
    evercite.run_without_archive(&["--version"]).exits(0);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = evercite.run_without_archive(&["completions", shell]).exits(0).stdout;
        assert!(
            script.contains("snapshot") && script.contains("host-request-interval"),
            "{shell}"
        );
    }
}

#[test]
fn a_text_that_comes_again_in_other_bytes_is_found_once() {
    let text = page("Lantern", &prose("lantern", 8));
    let site = Site::new()
        .page("/article", citing(&["/a", "/b"]))
        .page("/a", &text)
        .page("/b", &text)
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    site.set(
        "/a",
        Answer::html(text.replace("<main>", "<!-- served at noon --><main>")),
    );
    // Times are told in seconds.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    evercite.ok(&["check", "--fail-on", "none"]);
    let versions = "SELECT count(*) FROM page_version WHERE title = 'Lantern'";
    assert_eq!(evercite.value::<i64>(versions), 3);
    let hits = evercite.ok(&["search", "lantern", "--format", "json"]).json();
    let mut found: Vec<(String, bool)> = hits
        .as_array()
        .expect("hits")
        .iter()
        .map(|hit| {
            let seen_again = hit["last_captured"].as_str() > hit["first_captured"].as_str();
            (hit["url"].as_str().expect("an address").to_owned(), seen_again)
        })
        .collect();
    found.sort();
    assert_eq!(found, [(site.url("/a"), true), (site.url("/b"), true)]);
}
