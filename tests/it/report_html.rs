//! `report --format html`: one page that needs nothing else.

use scraper::{Html, Selector};

use crate::harness::{Answer, Evercite, LiveSite, Site, citing, page, prose};

fn texts(page: &Html, of: &str) -> Vec<String> {
    let selector = Selector::parse(of).expect("a selector");
    page.select(&selector)
        .map(|element| element.text().collect::<String>().trim().to_owned())
        .collect()
}

/// A page that was edited and one that is gone since they were kept; another that stayed.
fn a_year_later(sentences: usize) -> (LiveSite, Evercite) {
    let site = Site::new()
        .page("/edited", page("Dam", &prose("dam", sentences)))
        .page("/gone", page("Gate", &prose("gate", 9)))
        .page("/same", page("Lock", &prose("lock", 9)))
        .page("/article", citing(&["/edited", "/gone", "/same"]))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article"), "--cited-at", "2020-01-01"]);
    let edited = prose("dam", sentences).replace("for 21 reasons", "for 22 reasons & more");
    site.set("/edited", Answer::html(page("Dam", &edited)));
    site.set("/gone", Answer::status(410));
    evercite.run(&["check"]).exits(2);
    (site, evercite)
}

fn report(evercite: &Evercite, arguments: &[&str]) -> Html {
    let ran = evercite
        .run(&[&["report", "--format", "html"], arguments].concat())
        .exits(2);
    assert!(ran.stdout.starts_with("<!doctype html>\n<html lang=\"en\">"), "{ran}");
    Html::parse_document(&ran.stdout)
}

#[test]
fn a_page_tells_what_when_and_of_how_many() {
    let (site, evercite) = a_year_later(9);
    let page = report(&evercite, &["--all"]);
    assert_eq!(texts(&page, "h1"), ["Links of An article"]);
    assert_eq!(
        texts(&page, "main h2"),
        ["Summary", "How long links last", "Hosts that lose the most", "Links"]
    );
    let header = texts(&page, "header").concat();
    let archive = evercite.archive().to_string_lossy();
    for word in [
        "3 links checked of 3 cited",
        "last run: check of",
        &archive,
        &site.url("/article"),
    ] {
        assert!(header.contains(word), "{word}: {header}");
    }
    let summary = texts(&page, "section:first-of-type tbody tr");
    assert_eq!(summary.len(), 3, "{summary:?}");
    assert!(
        summary[0].starts_with("dead") && summary[0].ends_with("133%"),
        "{summary:?}"
    );
    let rows = texts(&page, "table.links tbody tr");
    assert_eq!(rows.len(), 3);
    assert!(
        rows[0].contains("gone for good (410)") && rows[0].contains(" show http"),
        "{rows:?}"
    );
    assert_eq!(texts(&page, "table.links thead th").len(), 5);
    // Not confirmed yet, so nothing is lost for certain; but cited years ago.
    let survival = texts(&page, "section:nth-of-type(2) p").concat();
    assert!(survival.starts_with("Links observed: 3, for up to "), "{survival}");
    assert!(survival.contains("1 more looks lost"), "{survival}");
    assert_eq!(texts(&page, "svg[role=img] title").len(), 1);
    assert_eq!(
        texts(&page, "section:nth-of-type(3) tbody tr").len(),
        1,
        "1 of 3 on this host"
    );
}

#[test]
fn what_changed_stands_behind_a_link_word_by_word() {
    let (site, evercite) = a_year_later(9);
    let page = report(&evercite, &[]);
    assert_eq!(texts(&page, "details.words del"), ["21"]);
    let edited = texts(&page, "details.words ins");
    assert!(edited[0].starts_with("22"), "{edited:?}");
    let summaries = texts(&page, "details.words summary");
    assert!(
        summaries[0].ends_with(": 1 edited, 0 removed, 0 added"),
        "{summaries:?}"
    );
    let command = texts(&page, "details.words code").concat();
    let (_, from) = command.split_once(" --from ").expect("a command");
    let url = site.url("/edited");
    let whole = evercite.ok(&["diff", &url, "--from", from, "--format", "json"]).json();
    assert!(
        whole["parts"].as_array().is_some_and(|parts| parts.len() > 1),
        "{whole:#}"
    );
}

#[test]
fn a_long_difference_is_cut_and_says_so() {
    let (site, evercite) = a_year_later(200);
    site.set(
        "/edited",
        Answer::html(page("Dam", &[prose("dam", 200), prose("weir", 400)].join("\n\n"))),
    );
    evercite.run(&["check"]).exits(2);
    let page = report(&evercite, &[]);
    let said = texts(&page, "details.words").concat();
    assert!(
        said.contains("There is more.") && said.len() < 12_000,
        "{} bytes",
        said.len()
    );
}

#[test]
fn several_articles_have_a_table_each() {
    let site = Site::new().gone("/gone").page("/ok", "fine").serve();
    let evercite = Evercite::new();
    evercite.write("one.md", format!("# First\n\n[x]({})", site.url("/gone")));
    evercite.write("two.md", format!("[x]({}) [y]({})", site.url("/gone"), site.url("/ok")));
    evercite.ok(&["snapshot", "one.md", "two.md"]);
    let page = report(&evercite, &["--all"]);
    assert_eq!(texts(&page, "h1"), ["Links of 2 articles"]);
    assert_eq!(texts(&page, "main h3"), ["First", "two.md"]);
    assert_eq!(texts(&page, "table.links").len(), 2);
    let rows = |of: &str| texts(&page, &format!("{of} tbody tr")).len();
    assert_eq!((rows("h3:first-of-type + p + table"), rows("table.links")), (1, 3));

    evercite.run(&["report", "--since", "last"]).exits(2);
    evercite.write("two.md", format!("[x]({})", site.url("/gone")));
    evercite.run(&["check"]).exits(2);
    let news = evercite.ok(&["report", "--since", "last", "--format", "html"]).stdout;
    let news = Html::parse_document(&news);
    assert_eq!(texts(&news, "main h3"), ["two.md"]);
    assert_eq!(texts(&news, "main h4"), ["Changes in the article (1)"]);
    assert!(texts(&news, ".notice").concat().starts_with("New since "));
}

#[test]
fn it_goes_to_a_file_from_every_verb_that_reports() {
    let site = Site::new().gone("/gone").page("/article", citing(&["/gone"])).serve();
    let evercite = Evercite::new();
    let article = site.url("/article");
    evercite.ok(&["snapshot", &article, "--format", "html", "--output", "snapshot.html"]);
    evercite
        .run(&["check", "--format", "html", "--output", "check.html"])
        .exits(2);
    let elsewhere = Evercite::new();
    elsewhere
        .run(&["check", &article, "--format", "html", "--output", "alone.html"])
        .exits(2);
    for (evercite, file, names_the_archive) in [
        (&evercite, "snapshot.html", true),
        (&evercite, "check.html", true),
        (&elsewhere, "alone.html", false),
    ] {
        let page = Html::parse_document(&std::fs::read_to_string(evercite.path(file)).expect("the page"));
        assert_eq!(texts(&page, "table.links tbody tr").len(), 1, "{file}");
        // An archive that is gone already is no place to look anything up.
        assert_eq!(
            texts(&page, "header").concat().contains("archive: "),
            names_the_archive,
            "{file}"
        );
    }
}

#[test]
fn the_demo_makes_a_page_with_every_verdict() {
    let evercite = Evercite::new();
    evercite.ok(&["demo", "--quiet"]);
    let page = report(&evercite, &["--all"]);
    assert_eq!(texts(&page, "table.links tbody tr").len(), 26);
    assert_eq!(texts(&page, "details.words").len(), 3);
    let hosts = texts(&page, "section:nth-of-type(3) tbody th");
    assert_eq!(hosts[0], "www.ossel-ferries.example", "2 of 3 before 1 of 3");
}
