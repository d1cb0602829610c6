//! Crashes, power cuts and failing disks, at every operation on the archive's files: what was acknowledged is there,
//! byte for byte, nothing is there by half, and the work goes on.
//!
//! In the manner of SQLite's own tests. The operations of an undisturbed run are counted, and one is disturbed at a
//! time. A few of them in a usual run of the tests, each of them with `EVERCITE_LONG_TESTS=1`.

mod disk;
mod kills;

use std::collections::BTreeMap;

use disk::{Fault, How};
use evercite::archive::Archive;

use crate::harness::{Answer, Evercite, LiveSite, Ran, Site, citing, page, prose};

/// Each operation, and more kills, instead of a few.
fn is_long() -> bool {
    std::env::var_os("EVERCITE_LONG_TESTS").is_some()
}

const PAGES: usize = 6;

/// An article that cites pages, redirects, something that is gone, and the same bytes at two addresses.
struct World {
    site: LiveSite,
    bodies: BTreeMap<String, Vec<u8>>,
}

impl World {
    fn new() -> Self {
        let mut links: Vec<String> = (0..PAGES).map(|n| format!("/page/{n}")).collect();
        links.extend(["/old", "/twin", "/gone", "/noise"].map(str::to_owned));
        let site = Site::new()
            .page("/article", citing(&links))
            .redirect(301, "/old", "/older")
            .redirect(302, "/older", "/page/0")
            .gone("/gone")
            .serve();
        let mut world = Self {
            site,
            bodies: BTreeMap::new(),
        };
        world.publish(1);
        world
    }

    /// Puts an edition of the pages up.
    fn publish(&mut self, edition: usize) {
        for n in 0..PAGES {
            let text = prose(&format!("thing{n}"), 40) + &prose(&format!("edition{edition}"), 4);
            self.put(
                &format!("/page/{n}"),
                |b| Answer::html(b),
                page(&format!("Page {n}"), &text).into(),
            );
        }
        let twin = self.bodies[&self.site.url("/page/1")].clone();
        self.put("/twin", |b| Answer::html(b), twin);
        let mut state = edition as u32;
        let noise = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        });
        let noise = noise.take(60_000).collect();
        self.put("/noise", |b| Answer::bytes("image/png", b), noise);
    }

    fn put(&mut self, path: &str, answer: impl Fn(&[u8]) -> Answer, bytes: Vec<u8>) {
        self.site.set(path, answer(&bytes));
        self.bodies.insert(self.site.url(path), bytes);
    }
}

/// What must hold of the archive whatever happened, before anything is mended: sound, nothing by half, and what was
/// acknowledged is there with the bytes that the site has sent.
fn holds(evercite: &Evercite, world: &World, acknowledged: &[String], when: &str) {
    if let Err(why) = is_whole(evercite) {
        panic!("{when}: {why}");
    }
    if acknowledged.is_empty() {
        return;
    }
    let archive = Archive::open(evercite.archive()).unwrap_or_else(|e| panic!("{when}: {e}"));
    let reader = archive.reader().expect("a reader");
    let sql = evercite.sqlite();
    for url in acknowledged {
        let newest = "SELECT c.payload_id FROM capture c JOIN url u ON u.id = c.url_id
                      WHERE u.url = ? ORDER BY c.id DESC LIMIT 1";
        let payload: Option<i64> = sql
            .query_row(newest, [url], |row| row.get(0))
            .unwrap_or_else(|e| panic!("{when}: {url} was acknowledged, and is not there: {e}"));
        if let Some(body) = world.bodies.get(url) {
            let payload = payload.unwrap_or_else(|| panic!("{when}: {url} lost its body"));
            let kept = reader.payload(payload).unwrap_or_else(|e| panic!("{when}: {e}"));
            assert!(&kept == body, "{when}: {url} has other bytes");
        }
    }
}

/// Queries that find what is there by half.
const HALVES: [(&str, &str); 6] = [
    (
        "a capture without heads",
        "SELECT count(*) FROM capture WHERE id NOT IN (SELECT capture_id FROM capture_head)",
    ),
    (
        "a chain without its end",
        "SELECT count(*) FROM capture c WHERE NOT EXISTS (SELECT 1 FROM capture l WHERE l.id = c.last_id)
            OR c.via_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM capture v WHERE v.id = c.via_id)
            OR c.via_id IS NULL AND c.location IS NOT NULL AND c.last_id = c.id",
    ),
    (
        "a body without bytes",
        "SELECT count(*) FROM payload WHERE blob_id IS NULL OR blob_id NOT IN (SELECT id FROM blob)",
    ),
    (
        "a page that was not read",
        "SELECT count(*) FROM capture c WHERE c.status = 200 AND c.media_type = 'text/html' AND NOT EXISTS (
            SELECT 1 FROM page_version v JOIN page_text t ON t.page_version_id = v.id
            WHERE v.payload_id = c.payload_id AND v.url_id = c.url_id)",
    ),
    (
        "a task done without a capture",
        "SELECT count(*) FROM task t WHERE t.done = 1 AND t.purpose IN ('article', 'citation') AND NOT EXISTS (
            SELECT 1 FROM capture c WHERE c.run_id = t.run_id AND c.url_id = t.url_id AND c.via_id IS NULL)",
    ),
    (
        "a capture whose task is open",
        "SELECT count(*) FROM task t JOIN capture c ON c.run_id = t.run_id AND c.url_id = t.url_id
            AND c.via_id IS NULL AND c.purpose = t.purpose WHERE t.done = 0",
    ),
];

fn is_whole(evercite: &Evercite) -> Result<(), String> {
    if !evercite.archive().exists() {
        return Ok(());
    }
    let say = |e: rusqlite::Error| e.to_string();
    let sql = rusqlite::Connection::open(evercite.archive()).map_err(say)?;
    let sound: String = sql
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .map_err(say)?;
    if sound != "ok" {
        return Err(sound);
    }
    let made: i64 = sql
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(say)?;
    if made == 0 {
        return Ok(());
    }
    let mut check = sql.prepare("PRAGMA foreign_key_check").map_err(say)?;
    if check.exists([]).map_err(say)? {
        return Err("a row refers to one that is not there".into());
    }
    for (what, query) in HALVES {
        let count: i64 = sql.query_row(query, [], |row| row.get(0)).map_err(say)?;
        if count > 0 {
            return Err(format!("{what}: {count}"));
        }
    }
    let archive = Archive::open(evercite.archive()).map_err(|e| e.to_string())?;
    let reader = archive.reader().map_err(|e| e.to_string())?;
    let mut payloads = sql.prepare("SELECT id FROM payload").map_err(say)?;
    for id in payloads.query_map([], |row| row.get(0)).map_err(say)? {
        // Compared with its SHA-256 there.
        reader.payload(id.map_err(say)?).map_err(|e| e.to_string())?;
    }
    Ok(())
}

/// What a report says became of each link, without times.
fn told(evercite: &Evercite) -> Vec<String> {
    let report = evercite.report();
    report.adds_up();
    let links = report.links().iter();
    links
        .map(|link| format!("{} {} {}", link["url"], link["class"], link["reason"]))
        .collect()
}

/// An error that a user can act on: what and where, and what to do.
fn complains(ran: &Ran, evercite: &Evercite, when: &str) {
    ran.never_panicked();
    assert_eq!(ran.code, Some(1), "{when}: {ran}");
    let said = ran.stderr.lines().find(|line| line.starts_with("evercite: "));
    let said = said.unwrap_or_else(|| panic!("{when}: nothing was said: {ran}"));
    let folder = evercite.folder().to_string_lossy();
    assert!(said.contains(&*folder), "{when}: the file is not named: {ran}");
    assert!(ran.stderr.contains("  hint: "), "{when}: {ran}");
}

/// A verb, on an archive that is made anew for each fault.
struct Workload<'a> {
    world: &'a World,
    arguments: &'a [&'a str],
    /// The archive before, if there was one.
    before: Option<Vec<u8>>,
    /// Operations disturbed in a usual run of the tests, for each kind of fault.
    samples: u64,
}

impl Workload<'_> {
    fn fresh(&self) -> Evercite {
        let evercite = Evercite::new();
        if let Some(bytes) = &self.before {
            evercite.write("archive.db", bytes);
        }
        evercite
    }

    /// Disturbs one operation after the other. Returns how many runs were cut short.
    fn disturb(&self, kinds: &[How]) -> u64 {
        let evercite = self.fresh();
        let (ran, counted) = disk::count(&evercite, self.arguments);
        assert!(matches!(ran.code, Some(0 | 2)), "{ran}");
        let want = told(&evercite);
        let stride = match is_long() {
            true => 1,
            false => (counted.operations / self.samples).max(1),
        };
        let mut hit = 0;
        for (number, how) in (0..).zip(kinds) {
            // Kinds begin at different operations, so that more of them are met.
            let from = 1 + number * stride / kinds.len() as u64;
            for at in (from..=counted.operations).step_by(stride as usize) {
                hit += u64::from(self.disturb_once(Fault { how: *how, at }, &want));
            }
        }
        println!(
            "{:?}: {} operations, {} syncs, {hit} runs cut short",
            self.arguments[0], counted.operations, counted.syncs
        );
        hit
    }

    fn disturb_once(&self, fault: Fault, want: &[String]) -> bool {
        let evercite = self.fresh();
        let ran = disk::run(&evercite, self.arguments, fault);
        let when = format!("{} with {fault:?}", self.arguments.join(" "));
        let hit = !matches!(ran.code, Some(0 | 2));
        if hit && How::ERRORS.contains(&fault.how) {
            complains(&ran, &evercite, &when);
        }
        holds(&evercite, self.world, &disk::acknowledged(&ran), &when);
        self.go_on(&evercite, &when);
        holds(&evercite, self.world, &[], &when);
        assert_eq!(told(&evercite), want, "{when}");
        hit
    }

    /// As a user would: resume, and begin again what had not begun.
    fn go_on(&self, evercite: &Evercite, when: &str) {
        if self.arguments[0] != "compact" && evercite.archive().exists() {
            let resumed = evercite.run(&["resume", "--quiet"]);
            let is_new = resumed.code == Some(3) && resumed.stderr.contains("there is no archive");
            assert!(is_new || matches!(resumed.code, Some(0 | 2)), "{when}: {resumed}");
        }
        let finished = "SELECT count(*) FROM run WHERE state = 'finished'";
        let runs = |path| {
            let sql = rusqlite::Connection::open(path).expect("SQLite opens it");
            sql.query_row(finished, [], |row| row.get::<_, i64>(0)).unwrap_or(0)
        };
        let mended = match self.arguments[0] {
            "compact" => false,
            "snapshot" => runs(evercite.archive()) == 1,
            _ => runs(evercite.archive()) == 2,
        };
        if !mended {
            let again = evercite.run(self.arguments);
            assert!(matches!(again.code, Some(0 | 2)), "{when}: {again}");
        }
    }
}

/// The bytes of an archive that nobody has open.
fn bytes_of(evercite: &Evercite) -> Vec<u8> {
    std::fs::read(evercite.archive()).expect("an archive")
}

/// An archive with the first edition in it, while the second is up.
fn with_a_first_edition() -> (World, Vec<u8>) {
    let mut world = World::new();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &world.site.url("/article")]);
    world.publish(2);
    (world, bytes_of(&evercite))
}

fn all_kinds() -> Vec<How> {
    How::CRASHES.into_iter().chain(How::ERRORS).collect()
}

#[test]
fn a_snapshot_survives_a_fault_at_any_operation() {
    let world = World::new();
    let workload = Workload {
        world: &world,
        arguments: &["snapshot", &world.site.url("/article"), "-vv"],
        before: None,
        samples: 2,
    };
    assert!(workload.disturb(&all_kinds()) > 5);
}

#[test]
fn a_check_survives_a_fault_at_any_operation() {
    let (world, before) = with_a_first_edition();
    let workload = Workload {
        world: &world,
        arguments: &["check", "-vv"],
        before: Some(before),
        samples: 2,
    };
    assert!(workload.disturb(&all_kinds()) > 5);
}

#[test]
fn compact_survives_a_fault_at_any_operation() {
    let (world, before) = with_a_first_edition();
    let evercite = Evercite::new();
    evercite.write("archive.db", before);
    evercite.run(&["check"]).exits(2);
    for arguments in [&["compact", "--quiet"][..], &["compact", "--rebuild", "--quiet"]] {
        let workload = Workload {
            world: &world,
            arguments,
            before: Some(bytes_of(&evercite)),
            samples: 1,
        };
        assert!(workload.disturb(&all_kinds()) > 2);
    }
}

#[test]
fn what_goes_on_with_a_killed_check_survives_a_fault_at_any_operation() {
    let (world, before) = with_a_first_edition();
    let (evercite, whole) = (Evercite::new(), Evercite::new());
    evercite.write("archive.db", &before);
    whole.write("archive.db", &before);
    let (_, whole) = disk::count(&whole, &["check"]);
    // A run that is stopped in the middle, its log folded into the file by the next one to close it.
    let at = whole.operations / 3;
    disk::run(&evercite, &["check"], Fault { how: How::Kill, at });
    evercite.ok(&["list"]);
    let workload = Workload {
        world: &world,
        arguments: &["resume", "-vv"],
        before: Some(bytes_of(&evercite)),
        samples: 1,
    };
    assert!(workload.disturb(&all_kinds()) > 3);
}
