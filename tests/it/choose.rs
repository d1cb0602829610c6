//! `pin`, `accept` and `note`: what users decide and note.

use crate::harness::{Answer, Evercite, LiveSite, Site, citing, page, prose};

fn text(edition: &str) -> String {
    page("A source", &format!("{} {}", prose(edition, 80), prose("common", 10)))
}

/// Two articles cite a page, which says something else on each of three visits.
fn archived() -> (LiveSite, Evercite, String) {
    let cites = citing(&["/source".to_owned()]);
    let (site, evercite) = (
        Site::new().page("/a", cites.clone()).page("/b", cites).serve(),
        Evercite::new(),
    );
    for edition in ["first", "second", "third"] {
        site.set("/source", Answer::html(text(edition)));
        match edition {
            "first" => evercite.ok(&["snapshot", &site.url("/a"), &site.url("/b")]),
            _ => evercite.ok(&["check", "--fail-on", "none"]),
        };
        // Times are told in seconds.
        std::thread::sleep(std::time::Duration::from_millis(1100));
    }
    let source = site.url("/source");
    (site, evercite, source)
}

fn classes(evercite: &Evercite) -> Vec<String> {
    let rows = evercite.query("SELECT class FROM current_verdict ORDER BY article");
    rows.iter()
        .map(|row| row["class"].as_str().expect("a word").to_owned())
        .collect()
}

#[test]
fn an_accepted_change_is_fine_and_the_next_one_is_told() {
    let (site, evercite, source) = archived();
    assert!(
        classes(&evercite).iter().all(|class| class != "ok"),
        "{:?}",
        classes(&evercite)
    );
    let verdicts = evercite.value::<i64>("SELECT count(*) FROM verdict");
    let said = evercite.ok(&["accept", &source, "--article", &site.url("/a")]).stdout;
    assert!(said.contains("1 link") && said.contains("is ok"), "{said}");
    assert_eq!(classes(&evercite)[0], "ok");
    assert_ne!(classes(&evercite)[1], "ok", "the other article did not accept it");
    assert_eq!(
        evercite.value::<i64>("SELECT count(*) FROM verdict"),
        verdicts + 1,
        "the ledger only grows"
    );
    let again = evercite.ok(&["accept", &source, "--article", &site.url("/a")]).stdout;
    assert!(again.contains("already"), "{again}");
    evercite.ok(&["accept", &source]);
    assert_eq!(classes(&evercite), ["ok", "ok"]);
    evercite.ok(&["check", "--fail-on", "changed,replaced"]);
    assert!(evercite.ok(&["history", &source]).stdout.contains("accepted"));
    assert!(evercite.ok(&["explain", &source]).stdout.contains("which you accepted"));
    site.set("/source", Answer::html(text("fourth")));
    evercite.run(&["check", "--fail-on", "changed,replaced"]).exits(2);
    evercite.ok(&["verify", "--full"]);
}

#[test]
fn a_pinned_copy_is_what_links_are_held_against() {
    let (_site, evercite, source) = archived();
    let at = |version: i64| -> String {
        evercite.value(&format!(
            "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', c.at / 1000, 'unixepoch') FROM capture c JOIN url u ON u.id = c.url_id
             WHERE u.url = '{source}' ORDER BY c.at LIMIT 1 OFFSET {version}"
        ))
    };
    evercite.ok(&["pin", &source, "--at", &at(2)]);
    assert_eq!(classes(&evercite), ["ok", "ok"]);
    evercite.ok(&["pin", &source, "--at", &at(1)]);
    let found = classes(&evercite);
    assert!(found.iter().all(|class| class != "ok"), "{found:?}");
    let told = evercite.ok(&["diff", &source, "--format", "json"]).json();
    assert_eq!(told["from"]["captured_at"], at(1));
    for (arguments, code) in [
        (vec!["pin", "http://example.org/never"], 1),
        (vec!["pin", &source, "--at", "2016"], 1),
        (vec!["accept", &source, "--article", "nothing-of-the-kind"], 3),
    ] {
        evercite.run(&arguments).exits(code).complains_clearly();
    }
    // Elsewhere it is pinned as well.
    let other = Evercite::new();
    std::fs::copy(evercite.archive(), other.archive()).expect("a copy");
    evercite.ok(&["pin", &source, "--at", &at(2)]);
    other.ok(&["merge", evercite.archive().to_str().expect("UTF-8")]);
    assert_eq!(classes(&other), ["ok", "ok"]);
    other.ok(&["verify", "--full"]);
}

#[test]
fn notes_stand_beside_a_link() {
    let (_site, evercite, source) = archived();
    evercite.ok(&["note", &source, "asked the editors \u{1b}[2J"]);
    evercite.ok(&["note", &source, "http://me:secret@example.org/ticket"]);
    let told = evercite.ok(&["note", &source]).stdout;
    assert!(
        told.contains("asked the editors") && !told.contains('\u{1b}') && !told.contains("secret"),
        "{told}"
    );
    let report = evercite.ok(&["report", "--fail-on", "none"]).stdout;
    assert!(report.contains("note: asked the editors"), "{report}");
    assert_eq!(evercite.report().links()[0]["notes"].as_array().map(Vec::len), Some(2));
    evercite.ok(&["note", &source, "--remove"]);
    assert_eq!(evercite.ok(&["note", &source]).stdout, "");
    evercite
        .run(&["note", "http://example.org/never", "x"])
        .exits(1)
        .complains_clearly();
    evercite.run(&["note", &source, " "]).exits(3).complains_clearly();
    evercite.ok(&["verify"]);
}
