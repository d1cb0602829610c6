//! Texts of addresses with many versions: stored against one of them, and the same through all that is done to an
//! archive.

use std::{collections::BTreeMap, fmt::Write};

use crate::harness::{Answer, Evercite, LiveSite, Site, citing, prose};

const PAGES: usize = 3;
const EDITIONS: usize = 6;

/// Many short pieces between tags; in each edition one says something else, and the nonce is another.
fn body(n: usize, edition: usize) -> String {
    let mut body = format!("<!doctype html><title>Page {n}</title><meta name=nonce content={edition}><main>");
    for piece in 0..80 {
        let edited = if piece == edition * 7 { edition } else { 0 };
        let words = prose(&format!("thing{n}piece{piece}edited{edited}"), 3);
        let _ = write!(body, "<p class=c{piece}><em>{piece}</em> {words}</p>\n<hr>");
    }
    body + "</main>"
}

fn archived() -> (LiveSite, Evercite) {
    let paths: Vec<String> = (0..PAGES).map(|n| format!("/{n}")).collect();
    let (site, evercite) = (Site::new().page("/article", citing(&paths)).serve(), Evercite::new());
    let article = site.url("/article");
    for edition in 0..EDITIONS {
        for n in 0..PAGES {
            site.set(&format!("/{n}"), Answer::html(body(n, edition)));
        }
        match edition {
            0 => evercite.ok(&["snapshot", &article]),
            _ => evercite.ok(&["check", "--fail-on", "none"]),
        };
    }
    (site, evercite)
}

/// Every text by the digests of its page and of itself.
fn texts(evercite: &Evercite) -> BTreeMap<String, String> {
    let reader = evercite::archive::Archive::open(evercite.archive()).and_then(|archive| archive.reader());
    let reader = reader.expect("a reader");
    let rows = evercite.query(
        "SELECT v.id, hex(p.sha256) || hex(v.text_sha256) AS digests FROM page_version v
         JOIN payload p ON p.id = v.payload_id",
    );
    rows.iter()
        .map(|row| {
            let text = reader.text(row["id"].as_i64().expect("a number")).expect("a text");
            (row["digests"].as_str().expect("hexadecimal").to_owned(), text)
        })
        .collect()
}

const BYTES: &str = "SELECT (SELECT sum(length(data)) FROM page_text WHERE base <> 0)
    + (SELECT coalesce(sum(length(data)), 0) FROM blob b JOIN text_base t ON t.blob_id = b.id)";
const ON_BASE: &str = "SELECT count(*) FROM page_text WHERE base = 3";

#[test]
fn they_take_less_room_and_stay_the_same() {
    let (site, evercite) = archived();
    let (before, bytes) = (texts(&evercite), evercite.value::<i64>(BYTES));
    assert_eq!(before.len(), PAGES * EDITIONS + 1);
    evercite.ok(&["compact"]);
    assert!(texts(&evercite) == before);
    assert_eq!(evercite.value::<i64>("SELECT count(*) FROM text_base"), PAGES as i64);
    assert_eq!(evercite.value::<i64>(ON_BASE), (PAGES * EDITIONS) as i64);
    let compacted = evercite.value::<i64>(BYTES);
    assert!(compacted * 2 < bytes, "{bytes} bytes became {compacted}");
    evercite.ok(&["verify", "--full"]);

    // Elsewhere they stand without what is only here, until that archive is compacted.
    let other = Evercite::new();
    other.ok(&["snapshot", &site.url("/0")]);
    other.ok(&["merge", evercite.archive().to_str().expect("UTF-8")]);
    assert_eq!(other.value::<i64>(ON_BASE), 0);
    let merged = texts(&other);
    assert!(before.iter().all(|(digests, text)| merged.get(digests) == Some(text)));
    other.ok(&["verify", "--full"]);

    // When bodies go, their texts stay on what is left.
    evercite.ok(&["prune", "--keep", "last", "--write"]);
    assert!(evercite.value::<i64>("SELECT count(*) FROM payload WHERE pruned_at IS NOT NULL") > 0);
    assert!(evercite.value::<i64>("SELECT count(*) FROM page_text WHERE base = 2") > 0);
    assert!(texts(&evercite) == before);
    evercite.ok(&["verify", "--full"]);
    evercite.ok(&["compact", "--rebuild"]);
    assert!(texts(&evercite) == before);
    evercite.ok(&["verify", "--full"]);
}

#[test]
fn a_version_that_comes_later_joins_them() {
    let (site, evercite) = archived();
    evercite.ok(&["compact"]);
    let before = texts(&evercite);
    for n in 0..PAGES {
        site.set(&format!("/{n}"), Answer::html(body(n, EDITIONS)));
    }
    evercite.ok(&["check", "--fail-on", "none"]);
    let all = texts(&evercite);
    evercite.ok(&["compact"]);
    assert_eq!(evercite.value::<i64>(ON_BASE), (PAGES * (EDITIONS + 1)) as i64);
    assert!(all.len() == before.len() + PAGES && texts(&evercite) == all);
}

#[test]
fn what_they_are_stored_against_is_missed_when_it_is_lost() {
    let (_site, evercite) = archived();
    evercite.ok(&["compact"]);
    let sql = rusqlite::Connection::open(evercite.archive()).expect("SQLite opens it");
    sql.execute_batch("UPDATE blob SET data = zeroblob(9) WHERE id = (SELECT min(blob_id) FROM text_base)")
        .expect("it is damaged");
    let told = evercite.run(&["verify", "--full", "--format", "json"]).json();
    let told = told.to_string();
    assert!(told.contains("texts of its address"), "{told}");
}
