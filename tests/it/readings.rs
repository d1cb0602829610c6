//! `report --since last`: only what is new since it was last asked.

use std::time::Duration;

use crate::harness::{Answer, Evercite, Ran, Site, citing, finish, page, prose, schema, two_pages_and_one_gone};

/// The addresses that are told of.
fn told(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    schema::assert_valid(&report, "report.schema.json");
    let links = report["links"].as_array().expect("links").iter();
    links
        .map(|link| link["url"].as_str().expect("an address").to_owned())
        .collect()
}

const SINCE_LAST: &[&str] = &["report", "--since", "last"];
const AS_JSON: &[&str] = &["report", "--since", "last", "--format", "json"];

#[test]
fn only_what_is_new_is_told() {
    let (site, evercite) = (two_pages_and_one_gone(), Evercite::new());
    evercite.ok(&["snapshot", &site.url("/article")]);
    let first = evercite.run(AS_JSON).exits(2);
    assert_eq!(told(&first), [site.url("/gone")], "at first everything");
    assert!(first.json()["new_since"].is_null());

    let again = evercite.ok(SINCE_LAST).stdout;
    assert!(again.starts_with("Nothing new since 2"), "{again}");
    assert!(again.contains("3 links: 1 dead"), "the sums are of all: {again}");

    site.set("/second", Answer::status(404));
    evercite.run(&["check"]).exits(2);
    let news = evercite.run(AS_JSON).exits(2);
    assert_eq!(told(&news), [site.url("/second")]);
    assert!(news.json()["new_since"].is_string());
    assert_eq!(told(&evercite.ok(AS_JSON)), Vec::<String>::new());

    // What came back is news as well, and calls for nothing.
    site.set("/second", Answer::html(page("Gate", &prose("gate", 9))));
    evercite.run(&["check"]).exits(2);
    let text = evercite.ok(SINCE_LAST).stdout;
    assert!(text.starts_with("New since 2") && text.contains("OK (1)"), "{text}");

    site.set("/article", Answer::html(citing(&["/second", "/gone"])));
    evercite.run(&["check"]).exits(2);
    let text = evercite.ok(SINCE_LAST).stdout;
    assert!(
        text.contains("CHANGES IN THE ARTICLE") && text.contains("/first"),
        "{text}"
    );
    assert!(evercite.ok(SINCE_LAST).stdout.starts_with("Nothing new since"));
    assert!(evercite.is_sound());
    evercite.ok(&["verify", "--full"]);
}

#[test]
fn what_came_and_went_between_two_looks_is_no_news() {
    let (site, evercite) = (two_pages_and_one_gone(), Evercite::new());
    evercite.ok(&["snapshot", &site.url("/article")]);
    evercite.run(SINCE_LAST).exits(2);
    site.set("/second", Answer::status(404));
    evercite.run(&["check"]).exits(2);
    site.set("/second", Answer::html(page("Gate", &prose("gate", 9))));
    evercite.run(&["check"]).exits(2);
    assert_eq!(told(&evercite.ok(AS_JSON)), Vec::<String>::new());
}

#[test]
fn each_reader_has_a_mark_of_its_own_and_each_article() {
    let site = two_pages_and_one_gone();
    let evercite = Evercite::new();
    evercite.write("one.md", format!("[x]({})", site.url("/gone")));
    evercite.write("two.md", format!("[x]({})", site.url("/gone")));
    evercite.ok(&["snapshot", "one.md", "two.md"]);
    let new = |arguments: &[&str]| told(&evercite.run(&[AS_JSON, arguments].concat())).len();
    assert_eq!(new(&["--article", "one.md"]), 1);
    assert_eq!(new(&["--article", "one.md"]), 0);
    assert_eq!(
        new(&["--article", "two.md"]),
        1,
        "read in the one is not read in the other"
    );
    assert_eq!(new(&[]), 2, "nor in all");
    assert_eq!(new(&["--reader", "cron"]), 2);
    assert_eq!((new(&["--reader", "cron"]), new(&[])), (0, 0));
    // Whose mark it would be, and what would be new in what is listed anyway.
    evercite.run(&["report", "--reader", "cron"]).exits(3);
    evercite.run(&["report", "--since", "last", "--all"]).exits(3);
}

#[test]
fn what_was_not_told_is_not_read() {
    let (site, evercite) = (two_pages_and_one_gone(), Evercite::new());
    evercite.ok(&["snapshot", &site.url("/article")]);
    let nowhere = [SINCE_LAST, &["--output", "no/such/folder.txt"]].concat();
    evercite.run(&nowhere).exits(1).complains_clearly();
    let silent = [SINCE_LAST, &["--quiet", "--fail-on", "none"]].concat();
    assert_eq!(evercite.ok(&silent).stdout, "");
    assert_eq!(told(&evercite.run(AS_JSON).exits(2)), [site.url("/gone")]);
}

#[test]
fn a_run_that_writes_is_no_hindrance() {
    let paths: Vec<String> = (0..40).map(|n| format!("/page/{n}")).collect();
    let mut site = Site::new()
        .gone("/gone")
        .page("/article", citing(&paths))
        .page("/small", citing(&["/gone"]));
    for path in &paths {
        let text = page(path, &prose(path, 5));
        site = site.answer(path, Answer::html(text).delayed(Duration::from_millis(60)));
    }
    let (site, evercite) = (site.serve(), Evercite::new());
    evercite.ok(&["snapshot", &site.url("/small")]);
    let arguments = ["snapshot", &site.url("/article"), "--max-concurrency", "3"];
    let mut running = evercite.command(&arguments).spawn().expect("it starts");
    let mut readers = 0;
    while running.try_wait().expect("it can be asked").is_none() {
        readers += 1;
        evercite
            .run(&[SINCE_LAST, &["--reader", &format!("reader {readers}")]].concat())
            .exits(2);
    }
    finish(&arguments, running).exits(0).never_panicked();
    assert!(readers > 1, "{readers}");
    assert_eq!(evercite.value::<i64>("SELECT count(*) FROM report_reading"), readers);
    assert!(evercite.is_sound());
    evercite.ok(&["verify", "--full"]);
}
