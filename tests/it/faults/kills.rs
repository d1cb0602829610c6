//! A live crawl killed at random, resumed, and killed again.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use super::{disk, is_long, is_whole};
use crate::harness::{Answer, Dice, Evercite, LiveSite, Ran, Site, citing, finish, page, prose};

/// Pages of a web that takes its time.
const PAGES: usize = 60;

fn path(n: usize) -> String {
    format!("/page/{n}")
}

fn text(n: usize, edition: usize) -> String {
    let words = prose(&format!("thing{n}"), 8) + &prose(&format!("edition{edition}"), 2);
    page(&format!("Page {n}"), &words)
}

fn publish(site: &LiveSite, edition: usize) {
    for n in 0..PAGES {
        let answer = Answer::html(text(n, edition));
        site.set(&path(n), answer.delayed(Duration::from_millis(20)));
    }
}

/// Starts a command and kills it after a while, if it has not ended by then.
fn kill_after(evercite: &Evercite, arguments: &[&str], wait: Duration) -> (Ran, bool) {
    let mut child = disk::command(evercite, arguments, None).spawn().expect("it starts");
    let begun = Instant::now();
    while begun.elapsed() < wait && child.try_wait().expect("it can be waited for").is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let was_killed = child.try_wait().expect("it can be waited for").is_none();
    if was_killed {
        child.kill().expect("SIGKILL");
    }
    (finish(arguments, child), was_killed)
}

/// The bodies kept in the newest run, by path.
fn kept(evercite: &Evercite) -> BTreeMap<String, Vec<u8>> {
    let archive = evercite::archive::Archive::open(evercite.archive()).expect("it opens");
    let reader = archive.reader().expect("a reader");
    let sql = evercite.sqlite();
    let mut rows = sql
        .prepare(
            "SELECT u.url, c.payload_id FROM capture c JOIN url u ON u.id = c.url_id
             WHERE c.run_id = (SELECT max(id) FROM run) AND c.payload_id IS NOT NULL AND u.url LIKE '%/page/%'",
        )
        .expect("the tables are there");
    let rows = rows.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)));
    rows.expect("rows")
        .map(|row| {
            let (url, payload) = row.expect("a row");
            let path = url[url.find("/page/").expect("a page")..].to_owned();
            (path, reader.payload(payload).expect("its bytes"))
        })
        .collect()
}

#[test]
fn a_live_crawl_killed_at_random_loses_nothing_and_asks_for_nothing_again() {
    let (wanted, mut kills, mut runs) = (if is_long() { 1_000 } else { 25 }, 0, 0);
    let mut dice = Dice(7);
    let site = Site::new()
        .page("/article", citing(&(0..PAGES).map(path).collect::<Vec<_>>()))
        .serve();
    let address = site.url("/article");
    let mut evercite = Evercite::new();
    while kills < wanted {
        // A snapshot, then two checks, then another archive.
        let edition = runs % 3;
        if edition == 0 {
            evercite = Evercite::new();
        }
        publish(&site, edition);
        let mut arguments = match edition {
            0 => vec!["snapshot", &address, "-vv"],
            _ => vec!["check", "-vv"],
        };
        arguments.extend(["--max-concurrency", "6"]);
        let mut acknowledged: BTreeSet<String> = BTreeSet::new();
        // Longer each time: what is done in one piece, as judging is, has to come to its end on a busy machine too.
        for patience in (300..).step_by(120) {
            site.forget();
            let wait = match kills < wanted {
                true => Duration::from_millis(30 + dice.roll(patience)),
                false => Duration::MAX,
            };
            let (ran, was_killed) = kill_after(&evercite, &arguments, wait);
            ran.never_panicked();
            let asked: BTreeSet<String> = site.asked().into_iter().map(|asked| asked.path).collect();
            let again: Vec<&String> = asked.intersection(&acknowledged).collect();
            assert!(again.is_empty(), "asked again for {again:?}: {ran}");
            let told = disk::acknowledged(&ran).into_iter();
            acknowledged.extend(told.filter_map(|url| Some(url[url.find("/page/")?..].to_owned())));
            if let Err(why) = is_whole(&evercite) {
                panic!("after {kills} kills: {why}: {ran}");
            }
            let began = evercite.archive().exists() && began(&evercite, runs % 3 + 1);
            if began {
                let kept = kept(&evercite);
                for path in &acknowledged {
                    let n: usize = path["/page/".len()..].parse().expect("a number");
                    assert!(kept[path] == text(n, edition).as_bytes(), "{path} after {kills} kills");
                }
                arguments = vec!["resume", "-vv"];
            }
            if !was_killed {
                assert!(matches!(ran.code, Some(0 | 2)), "{ran}");
                break;
            }
            kills += 1;
        }
        // What was committed just before a kill may not have been told any more.
        assert_eq!(kept(&evercite).len(), PAGES);
        let report = evercite.report();
        report.adds_up();
        assert_eq!(report.total("links"), PAGES as u64);
        runs += 1;
    }
    println!("{kills} kills in {runs} runs");
}

/// Whether the archive has so many runs.
fn began(evercite: &Evercite, count: usize) -> bool {
    let runs = evercite
        .sqlite()
        .query_row("SELECT count(*) FROM run", [], |row| row.get::<_, i64>(0));
    runs.is_ok_and(|runs| runs == count as i64)
}
