//! `check --budget` and the plan of it: few visits, spent where they tell most.

use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;

use crate::harness::{Answer, Evercite, LiveSite, Ran, Site, citing, page, prose, schema};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Everything that is in the archive happened so much earlier.
fn age(evercite: &Evercite, by: Duration) {
    let sql = rusqlite::Connection::open(evercite.archive()).expect("the archive");
    for (table, columns) in [
        ("capture", &["at"][..]),
        ("verdict", &["at", "since", "last_strike_at"]),
        ("run", &["started_at", "finished_at"]),
    ] {
        let sets: Vec<String> = columns
            .iter()
            .map(|column| format!("{column} = {column} - ?1"))
            .collect();
        let statement = format!("UPDATE {table} SET {}", sets.join(", "));
        sql.execute(&statement, [by.as_millis() as i64])
            .expect("rows of another time");
    }
}

fn moving(round: usize) -> String {
    page("Moving", &prose(&format!("round {round}"), 5))
}

#[test]
fn a_job_that_has_a_budget_is_planned_at_its_times() {
    let (site, evercite) = watched();
    let add = |name: &str, words: &[&str]| {
        let job = [
            &["schedule", "add", name, "--cron", "30 4 * * *", "--tz", "UTC", "--"],
            words,
        ]
        .concat();
        evercite.ok(&job)
    };
    add("all", &["check"]);
    add("few", &["check", "--budget", "2", "--exclude", "/two"]);
    let planned = plan(&evercite, &["--days", "3"]);
    assert_eq!(
        (planned["budget"].as_u64(), planned["links"].as_u64()),
        (Some(2), Some(3))
    );
    let runs = planned["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 3, "{planned:#}");
    for run in runs {
        assert!(run["at"].as_str().is_some_and(|at| at.ends_with("T04:30:00Z")), "{run}");
    }
    assert_eq!(fetched(&site, &planned, 0)[0], "/moving worth");
    add("more", &["check", "--budget", "9"]);
    evercite.run(&["schedule", "plan"]).exits(3).complains_clearly();
    evercite.ok(&["schedule", "pause", "few"]);
    assert_eq!(plan(&evercite, &[])["budget"], 9);
}

/// An article that cites four pages, each visited four times, ten days apart. `/moving` had changed each time; `/noisy`
/// brought other bytes with the same text.
fn watched() -> (LiveSite, Evercite) {
    let still = |name: &str| page(name, &prose(name, 5));
    let site = Site::new()
        .page("/one", still("one"))
        .page("/moving", moving(0))
        .page("/noisy", still("noisy"))
        .page("/two", still("two"))
        .page("/article", citing(&["/one", "/noisy", "/moving", "/two"]))
        .serve();
    let evercite = Evercite::new();
    for round in 1..=4 {
        site.set("/moving", Answer::html(moving(round)));
        site.set("/noisy", Answer::html(format!("{}<!-- {round} -->", still("noisy"))));
        evercite.ok(&["snapshot", &site.url("/article")]);
        age(&evercite, 10 * DAY);
    }
    site.forget();
    (site, evercite)
}

fn plan(evercite: &Evercite, arguments: &[&str]) -> Value {
    let plan = evercite
        .ok(&[&["schedule", "plan", "--format", "json"], arguments].concat())
        .json();
    schema::assert_valid(&plan, "plan.schema.json");
    plan
}

/// What the nth run fetches, short of the site's address, each with its reason.
fn fetched(site: &LiveSite, plan: &Value, run: usize) -> Vec<String> {
    let at = &plan["runs"][run]["at"];
    let fetches = plan["fetches"].as_array().expect("fetches").iter();
    fetches
        .filter(|fetch| fetch["at"] == *at)
        .map(|fetch| {
            let url = fetch["url"].as_str().expect("a url").replace(&site.url("/"), "/");
            format!("{url} {}", fetch["reason"].as_str().expect("a reason"))
        })
        .collect()
}

fn check(evercite: &Evercite, arguments: &[&str]) -> Ran {
    evercite
        .run(&[&["check", "--fail-on", "none"], arguments].concat())
        .exits(0)
}

fn asked<'a>(site: &LiveSite, paths: &[&'a str]) -> Vec<&'a str> {
    paths.iter().copied().filter(|path| site.times(path) > 0).collect()
}

const LINKS: [&str; 4] = ["/one", "/noisy", "/moving", "/two"];

#[test]
fn a_budget_goes_to_the_link_that_changes_before_those_that_are_still() {
    let (site, evercite) = watched();
    let verdicts: i64 = evercite.value("SELECT count(*) FROM verdict");
    site.set("/moving", Answer::html(moving(9)));
    check(&evercite, &["--budget", "1"]);
    assert_eq!(asked(&site, &LINKS), ["/moving"]);
    assert_eq!(site.times("/article"), 1, "articles are always read");
    let report = evercite.report();
    assert_eq!(report.class(&site.url("/moving")), "replaced");
    for still in ["/one", "/noisy", "/two"] {
        assert_eq!(report.class(&site.url(still)), "ok", "{still}");
    }
    let after: i64 = evercite.value("SELECT count(*) FROM verdict");
    assert_eq!(after, verdicts + 1, "what is not visited is not judged");
    // The day's allowance is used up.
    site.forget();
    check(&evercite, &["--budget", "1"]);
    assert_eq!(asked(&site, &LINKS), [] as [&str; 0]);
    assert_eq!(site.times("/article"), 1);
}

#[test]
fn bytes_that_differ_in_noise_make_no_link_faster() {
    let (site, evercite) = watched();
    let plan = plan(&evercite, &["--budget", "4", "--days", "1"]);
    let fetches = plan["fetches"].as_array().expect("fetches");
    let days = |path: &str| {
        let fetch = fetches.iter().find(|fetch| fetch["url"] == site.url(path).as_str());
        fetch
            .and_then(|fetch| fetch["changes_every"]["days"].as_f64())
            .expect("days")
    };
    assert!((days("/noisy") / days("/one") - 1.0).abs() < 1e-3, "{plan:#}");
    assert!(days("/moving") < 30.0 && days("/one") > 60.0, "{plan:#}");
}

#[test]
fn what_is_planned_is_what_is_then_fetched() {
    let (site, evercite) = watched();
    for day in 0..6 {
        let planned = plan(&evercite, &["--budget", "2"]);
        check(&evercite, &["--budget", "2"]);
        let urls: BTreeSet<String> = fetched(&site, &planned, 0)
            .iter()
            .filter_map(|fetch| Some(fetch.split_once(' ')?.0.to_owned()))
            .collect();
        let got: BTreeSet<String> = asked(&site, &LINKS).into_iter().map(str::to_owned).collect();
        assert_eq!(urls, got, "day {day}: {planned:#}");
        assert!(got.len() <= planned["runs"][0]["allowance"].as_u64().expect("a number") as usize);
        assert!(!got.is_empty(), "day {day}");
        site.forget();
        age(&evercite, DAY);
    }
}

#[test]
fn a_week_without_a_run_leaves_its_allowance_but_not_that_of_a_year() {
    let (_site, evercite) = watched();
    check(&evercite, &[]);
    for (aged, runs) in [(3, 3), (400, 7)] {
        age(&evercite, aged * DAY);
        let allowance = plan(&evercite, &["--budget", "10", "--days", "1"])["runs"][0]["allowance"].as_u64();
        assert!(
            (runs * 10..=runs * 10 + 1).contains(&allowance.expect("a number")),
            "{aged} days: {allowance:?}"
        );
    }
}

#[test]
fn failing_links_are_asked_when_they_are_due() {
    let site = Site::new()
        .gone("/gone")
        .status("/broken", 500)
        .page("/fine", page("Fine", &prose("fine", 5)))
        .page("/article", citing(&["/gone", "/broken", "/fine"]))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    let none: [String; 0] = [];
    assert_eq!(
        fetched(&site, &plan(&evercite, &["--budget", "9"]), 0),
        none,
        "all were visited today"
    );
    age(&evercite, 36 * HOUR);
    let planned = plan(&evercite, &["--budget", "9"]);
    assert_eq!(
        fetched(&site, &planned, 0),
        ["/gone dead", "/fine worth"],
        "{planned:#}"
    );
    assert!(
        fetched(&site, &planned, 2).contains(&"/broken suspect".to_owned()),
        "{planned:#}"
    );
    site.forget();
    check(&evercite, &["--budget", "9"]);
    assert_eq!(asked(&site, &["/gone", "/broken", "/fine"]), ["/gone", "/fine"]);
    assert_eq!(evercite.report().link(&site.url("/gone"))["confirmed"], true);
    // Dead, and known to be: it rests for a week.
    for (days, due) in [(6, &["/broken suspect"][..]), (8, &["/broken suspect", "/gone dead"])] {
        age(&evercite, days * DAY);
        let planned = fetched(&site, &plan(&evercite, &["--budget", "9", "--days", "1"]), 0);
        assert_eq!(planned[..due.len()], *due, "{planned:?}");
        age_back(&evercite, days);
    }
}

fn age_back(evercite: &Evercite, days: u32) {
    let sql = rusqlite::Connection::open(evercite.archive()).expect("the archive");
    let by = i64::from(days) * DAY.as_millis() as i64;
    for statement in [
        "UPDATE capture SET at = at + ?1",
        "UPDATE verdict SET at = at + ?1, since = since + ?1, last_strike_at = last_strike_at + ?1",
        "UPDATE run SET started_at = started_at + ?1, finished_at = finished_at + ?1",
    ] {
        sql.execute(statement, [by]).expect("rows of another time");
    }
}

#[test]
fn links_that_were_never_visited_come_first_and_new_ones_at_once() {
    let site = Site::new()
        .page("/known", page("Known", &prose("known", 5)))
        .page("/later", page("Later", &prose("later", 5)))
        .page("/new", page("New", &prose("new", 5)))
        .page("/article", citing(&["/known", "/later"]))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article"), "--exclude", "/later"]);
    age(&evercite, 90 * DAY);
    let planned = plan(&evercite, &["--budget", "1", "--days", "2"]);
    assert_eq!(fetched(&site, &planned, 0), ["/later unchecked"]);
    assert_eq!(fetched(&site, &planned, 1), ["/known cap"]);
    site.set("/article", Answer::html(citing(&["/known", "/later", "/new"])));
    site.forget();
    check(&evercite, &["--budget", "1"]);
    assert_eq!(asked(&site, &["/known", "/later", "/new"]), ["/later", "/new"]);
}

#[test]
fn only_links_that_cost_a_fetch_share_the_budget() {
    let site = Site::new()
        .page("/source", page("Source", &prose("source", 5)))
        .page("/other", page("Other", &prose("other", 5)))
        .page("/left-out", page("Left out", &prose("left", 5)))
        .page("/two", citing(&["/other", "/one"]))
        .page(
            "/one",
            citing(&[
                "/source",
                "/source?utm_source=feed",
                "/source#part",
                "/two",
                "/left-out",
            ]),
        )
        .serve();
    let evercite = Evercite::new();
    evercite.write(".everciteignore", "/left-out\n");
    evercite.ok(&["snapshot", &site.url("/one"), &site.url("/two")]);
    age(&evercite, 2 * DAY);
    // One page under two addresses; an article is read anyway.
    let all = plan(&evercite, &["--budget", "9", "--days", "1"]);
    assert_eq!(all["links"], 2, "{all:#}");
    let article = site.url("/two");
    let of_two = plan(&evercite, &["--budget", "9", "--days", "1", "--article", &article]);
    assert_eq!(of_two["links"], 2, "/one is no article of this run: {of_two:#}");
    site.forget();
    check(&evercite, &[&article, "--budget", "1"]);
    assert_eq!(asked(&site, &["/source", "/other", "/one", "/left-out"]).len(), 1);
    assert_eq!(site.times("/source"), 0, "no link of that article");
}

#[test]
fn a_plan_is_told_in_every_form() {
    let (site, evercite) = watched();
    let text = evercite.ok(&["schedule", "plan", "--budget", "1"]).stdout;
    assert!(
        text.contains(&site.url("/moving")) && text.contains(" 1 of 1: 1 worth\n"),
        "{text}"
    );
    assert!(text.contains("Links: 4; visits a day at most: 1."), "{text}");
    let csv = evercite
        .ok(&["schedule", "plan", "--budget", "4", "--days", "1", "--format", "csv"])
        .stdout;
    assert!(csv.starts_with("run,url,reason,due,last_visit,"), "{csv}");
    assert_eq!(csv.lines().count(), 5, "{csv}");
}

#[test]
fn what_cannot_be_budgeted_is_said() {
    let (_site, evercite) = watched();
    evercite.write("new.md", "# New\n");
    for arguments in [
        &["check", "new.md", "--budget", "5"][..],
        &["schedule", "plan"],
        &["schedule", "plan", "--budget", "5", "--article", "nowhere"],
    ] {
        evercite.run(arguments).exits(3).complains_clearly();
    }
    for arguments in [
        &["check", "--budget", "0"][..],
        &["check", "--budget", "5", "--dry-run"],
    ] {
        evercite.run(arguments).exits(3);
    }
}
