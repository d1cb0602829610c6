//! What an article quotes, and where its links point.

use crate::harness::{Answer, Evercite, Site, page, prose};

fn source(inside: &str, id: &str) -> String {
    let text = format!("{}\n\n{inside}\n\n{}", prose("harbour", 4), prose("pier", 4));
    page("Source", &text).replace("<main>", &format!("<main><p id=\"{id}\">Contents of the page</p>"))
}

#[test]
fn quoted_words_and_places_are_followed_from_visit_to_visit() {
    let quoted = "The harbour will be closed for the whole of the winter";
    let site = Site::new()
        .page("/source", source(&format!("{quoted}."), "costs"))
        .page("/plain", source("Nothing.", "top-of-it"))
        .serve();
    let (source_url, plain) = (site.url("/source#costs"), site.url("/plain#nowhere"));
    let evercite = Evercite::new();
    evercite.write(
        "notes.md",
        format!(
            "# Notes\n\nThe council said: \u{201c}{quoted}\u{201d} ([source]({source_url})).\n\nSee also [another page]({plain}).\n"
        ),
    );
    evercite.ok(&["snapshot", "notes.md"]);
    let first = evercite.report();
    let held = |report: &crate::harness::Report| report.link(&source_url)["passages"].clone();
    let fates = |passages: &serde_json::Value| -> Vec<String> {
        let list = passages.as_array().expect("passages").iter();
        list.map(|p| format!("{} {}", p["hold"].as_str().unwrap(), p["fate"].as_str().unwrap()))
            .collect()
    };
    assert_eq!(fates(&held(&first)), ["quote there", "fragment there"], "{first:?}");
    assert_eq!(first.class(&source_url), "ok");
    assert_eq!(fates(&first.link(&plain)["passages"]), ["fragment missing"]);
    let text = evercite.ok(&["report"]).stdout;
    assert!(
        text.contains("no place #nowhere on the page"),
        "it is told, though the page is fine: {text}"
    );

    evercite.ok(&["check"]);
    assert_eq!(
        fates(&held(&evercite.report())),
        ["quote there", "fragment there"],
        "unchanged pages keep them"
    );

    site.set("/source", Answer::html(source("Work goes on as planned.", "prices")));
    let ran = evercite.run(&["check"]).exits(2);
    assert!(
        ran.stdout.contains("quoted words gone") && ran.stdout.contains("last seen 20"),
        "{ran}"
    );
    let report = evercite.report();
    assert_eq!(fates(&held(&report)), ["quote missing", "fragment missing"]);
    assert!(held(&report)[0]["last_seen"].is_string(), "{:#}", held(&report));

    site.set("/source", Answer::html(source(&format!("{quoted}!"), "costs")));
    evercite.run(&["check"]);
    assert_eq!(
        fates(&held(&evercite.report())),
        ["quote there", "fragment there"],
        "and back again"
    );
    assert!(evercite.is_sound());
}

#[test]
fn a_place_that_goes_changes_the_link_even_when_the_text_stays() {
    let with = |id: &str| source("The same words as ever.", id);
    let site = Site::new().page("/source", with("costs")).serve();
    let cited = site.url("/source#costs");
    let evercite = Evercite::new();
    evercite.write("notes.md", format!("[costs]({cited})\n"));
    evercite.ok(&["snapshot", "notes.md"]);
    site.set("/source", Answer::html(with("prices")));
    evercite.run(&["check"]).exits(2);
    let report = evercite.report();
    let link = report.link(&cited);
    assert_eq!(
        (link["class"].as_str(), link["content"].as_str()),
        (Some("changed"), Some("cosmetic")),
        "{link:#}"
    );
    assert!(link["reason"].to_string().contains("#costs"), "{link:#}");
}
