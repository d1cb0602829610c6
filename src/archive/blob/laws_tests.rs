//! Laws of the archive's codec, through the writer and back through a reader.

use std::{collections::BTreeMap, sync::Arc};

use proptest::prelude::*;
use rusqlite::params;

use super::{tests::noise, *};
use crate::{
    archive::{Archive, ArchiveError, Reader, Writer},
    model::{
        capture::{Capture, Exchange, Outcome, Purpose, Wire},
        digest::PayloadDigest,
        run::{Attempt, Base, Body, Prepared, RunKind, TaskEnd},
        time::Timestamp,
        url::Url,
        verdict::{Access, Transport},
    },
};

/// An archive, and who writes and reads it.
struct Bench {
    archive: Archive,
    writer: Writer,
    reader: Reader,
    first_pages: FirstPages,
    run: i64,
    at: i64,
    _folder: tempfile::TempDir,
}

/// A row of `blob`: its id, codec, base, depth and data.
type Row = (i64, String, Option<i64>, u32, Vec<u8>);

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::create(&folder.path().join("a.db")).unwrap();
        let writer = archive.writer().unwrap();
        let run = writer
            .call(|ingest| ingest.begin_run(RunKind::Snapshot, Timestamp::from_millis(0), "{}"))
            .unwrap();
        Self {
            reader: archive.reader().unwrap(),
            writer,
            archive,
            first_pages: FirstPages::default(),
            run: run.id,
            at: 0,
            _folder: folder,
        }
    }

    fn encode(&self, url: &Url, bytes: &[u8]) -> Chosen {
        let body = Unstored {
            bytes,
            url,
            media_type: Some("text/html"),
            status: Some(200),
            is_page: true,
        };
        self.reader.encode(&body, &self.first_pages).unwrap()
    }

    /// What a worker does with an answer.
    fn keep(&mut self, url: &str, bytes: &[u8]) {
        let url = Url::parse(url).unwrap();
        let chosen = self.encode(&url, bytes);
        let for_host = chosen.for_host;
        self.commit(&url, bytes, chosen);
        if for_host {
            self.first_pages.enter(&url, PayloadDigest::of(bytes), bytes.to_vec());
        }
    }

    fn commit(&mut self, url: &Url, bytes: &[u8], Chosen { blob, for_host }: Chosen) {
        self.at += 1;
        let attempt = Attempt {
            run_id: self.run,
            task: None,
            purpose: Purpose::Citation,
            hops: vec![Prepared {
                exchange: Exchange {
                    url: url.clone(),
                    at: Timestamp::from_millis(self.at),
                    elapsed_ms: 0,
                    wire: Wire::default(),
                    request_head: Vec::new(),
                    outcome: Outcome::NotAsked {
                        access: Access::Open,
                        detail: String::new(),
                    },
                },
                capture: Capture {
                    status: Some(200),
                    media_type: Some("text/html".into()),
                    ..Capture::new(Transport::Ok, Access::Open)
                },
                body: Body::New {
                    digest: PayloadDigest::of(bytes),
                    length: bytes.len() as u64,
                    blob,
                    for_host,
                },
                page: None,
            }],
            end: TaskEnd::Done,
            follow: false,
        };
        self.writer.call(move |ingest| ingest.attempt(attempt)).unwrap();
    }

    fn compact(&self, level: i32) -> Compacted {
        compact(&self.archive, &self.writer, level, &|_, _| ()).unwrap()
    }

    fn sql(&self) -> rusqlite::Connection {
        let connection = rusqlite::Connection::open(self.archive.path()).unwrap();
        connection.pragma_update(None, "foreign_keys", true).unwrap();
        connection
    }

    fn rows(&self) -> Vec<Row> {
        let sql = self.sql();
        let mut rows = sql
            .prepare("SELECT id, codec, base_id, depth, data FROM blob ORDER BY id")
            .unwrap();
        rows.query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
    }

    /// Every payload decodes to what its SHA-256 says, by a reader that holds nothing yet; chains are not longer
    /// than their rows say, and those not longer than allowed.
    fn is_sound(&self) {
        let bases: BTreeMap<i64, (Option<i64>, u32)> = self
            .rows()
            .into_iter()
            .map(|(id, _, base, depth, _)| (id, (base, depth)))
            .collect();
        for (base, depth) in bases.values() {
            let (mut steps, mut next) = (0, *base);
            while let Some(base) = next {
                steps += 1;
                assert!(steps <= DEPTH_MAX, "a chain is too long, or closed");
                next = bases[&base].0;
            }
            assert!(steps <= *depth && *depth <= DEPTH_MAX, "{steps} {depth}");
        }
        let sql = self.sql();
        let mut payloads = sql.prepare("SELECT id, sha256, length FROM payload").unwrap();
        let mut rows = payloads.query([]).unwrap();
        let reader = self.archive.reader().unwrap();
        while let Some(row) = rows.next().unwrap() {
            let bytes = reader.payload(row.get(0).unwrap()).unwrap();
            assert_eq!(PayloadDigest::of(&bytes).0.to_vec(), row.get::<_, Vec<u8>>(1).unwrap());
            assert_eq!(bytes.len() as i64, row.get::<_, i64>(2).unwrap());
        }
        let sound: String = sql.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
    }
}

/// A page of a site: what its pages have in common, and words of its own.
fn page(number: usize, words: usize) -> Vec<u8> {
    let common = String::from_utf8_lossy(&hex(&noise(3_000))).into_owned();
    let own = hex(&noise(words + number * 4 + 8)[number * 4..]);
    [common.as_bytes(), &own].concat()
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    data_encoding::HEXLOWER.encode(bytes).into_bytes()
}

/// The page with an edit somewhere.
fn edited(page: &[u8], edit: usize) -> Vec<u8> {
    let at = edit * 37 % page.len();
    [&page[..at], format!("edit {edit}").as_bytes(), &page[at..]].concat()
}

#[test]
fn versions_form_chains_that_begin_anew_after_sixteen() {
    let mut bench = Bench::new();
    let mut version = page(0, 500);
    for edit in 0..40 {
        bench.keep("http://example.org/a", &version);
        version = edited(&version, edit);
    }
    bench.keep("http://example.org/b", &page(1, 400));
    bench.is_sound();
    let rows = bench.rows();
    let depths: Vec<u32> = rows.iter().map(|row| row.3).collect();
    let want: Vec<u32> = (0..=16).chain(1..=16).chain(1..=7).chain([1]).collect();
    // The seventeenth difference is from the host's page again, which is the first version.
    assert_eq!(depths, want);
    assert_eq!(rows[17].2, Some(rows[0].0));
    let size = |from: usize| rows[from].4.len();
    assert!(
        (1..=16).all(|n| size(n) < 150) && size(40) < 1_000,
        "{:?}",
        rows.iter().map(|row| row.4.len()).collect::<Vec<_>>()
    );
    // Read from the middle and the end of a chain.
    assert_eq!(
        bench.archive.reader().unwrap().payload(9).unwrap().len(),
        page(0, 500).len() + 8 * 6
    );
}

#[test]
fn pages_of_a_host_are_stored_against_its_first_before_that_can_be_read() {
    let mut bench = Bench::new();
    let urls: Vec<Url> = (0..3)
        .map(|n| Url::parse(&format!("http://h.example/{n}")).unwrap())
        .collect();
    let pages: Vec<Vec<u8>> = (0..3).map(|n| page(n, 600)).collect();
    // Both in flight at once: neither knows of the other.
    let (first, second) = (bench.encode(&urls[0], &pages[0]), bench.encode(&urls[1], &pages[1]));
    assert!(first.for_host && second.for_host && first.blob.base.is_none() && second.blob.base.is_none());
    bench
        .first_pages
        .enter(&urls[0], PayloadDigest::of(&pages[0]), pages[0].clone());
    let third = bench.encode(&urls[2], &pages[2]);
    assert!(!third.for_host);
    assert_eq!(third.blob.base, Some(Base::Payload(PayloadDigest::of(&pages[0]))));
    assert!(third.blob.data.len() * 2 < first.blob.data.len());
    for (url, bytes, chosen) in [(0, 0, first), (1, 1, second), (2, 2, third)] {
        bench.commit(&urls[url], &pages[bytes], chosen);
    }
    assert_eq!(bench.rows()[2].2, Some(1));
    let base: i64 = bench
        .sql()
        .query_row("SELECT blob_id FROM host_base", [], |row| row.get(0))
        .unwrap();
    assert_eq!(base, 1, "what came first stays");
    // Another process finds it in the archive.
    bench.first_pages = FirstPages::default();
    assert_eq!(bench.encode(&urls[0], &page(7, 600)).blob.base, Some(Base::Blob(1)));
    bench.is_sound();
}

#[test]
fn the_same_bytes_from_two_workers_are_one_blob_that_can_be_built_upon() {
    let mut bench = Bench::new();
    let same = page(3, 700);
    bench.keep("http://one.example/", &page(0, 700));
    let (one, two) = (
        Url::parse("http://one.example/x").unwrap(),
        Url::parse("http://two.example/x").unwrap(),
    );
    let (as_difference, alone) = (bench.encode(&one, &same), bench.encode(&two, &same));
    assert!(as_difference.blob.base.is_some() && alone.blob.base.is_none() && alone.for_host);
    bench.commit(&one, &same, as_difference);
    assert_eq!(bench.rows()[1].3, 1);
    bench.commit(&two, &same, alone);
    assert_eq!(bench.rows().len(), 2, "one blob");
    assert_eq!(
        (bench.rows()[1].2, bench.rows()[1].3),
        (None, 0),
        "it stands alone, as others count on"
    );
    bench.first_pages.enter(&two, PayloadDigest::of(&same), same.clone());
    bench.keep("http://two.example/y", &page(4, 700));
    assert_eq!((bench.rows()[2].2, bench.rows()[2].3), (Some(2), 1));
    bench.is_sound();
}

#[test]
fn a_base_in_use_cannot_be_deleted() {
    let mut bench = Bench::new();
    for n in 0..2 {
        bench.keep("http://example.org/", &page(n, 300));
    }
    let sql = bench.sql();
    for statement in [
        "UPDATE payload SET blob_id = NULL; DELETE FROM host_base; DELETE FROM blob WHERE id = 1",
        "UPDATE payload SET blob_id = NULL WHERE id = 1; DELETE FROM blob WHERE id = 1",
        "DELETE FROM blob WHERE id = 2",
    ] {
        let refused = sql.execute_batch(&format!("BEGIN; {statement}; COMMIT")).unwrap_err();
        assert_eq!(
            refused.sqlite_error_code(),
            Some(rusqlite::ErrorCode::ConstraintViolation),
            "{statement}"
        );
        sql.execute_batch("ROLLBACK").unwrap();
    }
    let plan: String = sql
        .query_row("EXPLAIN QUERY PLAN SELECT 1 FROM blob WHERE base_id = 1", [], |row| {
            row.get(3)
        })
        .unwrap();
    assert!(plan.contains("blob_by_base"), "{plan}");
    bench.is_sound();
}

#[test]
fn a_damaged_base_is_told_with_what_it_costs_and_nothing_wrong_is_returned() {
    let mut bench = Bench::new();
    let pages = [page(0, 300), edited(&page(0, 300), 1), edited(&page(0, 300), 2)];
    for bytes in &pages {
        bench.keep("http://example.org/lost", bytes);
    }
    bench.keep("http://other.example/", &page(9, 300));
    let original = bench.rows()[0].4.clone();
    let mut told = 0;
    for at in (0..original.len()).step_by(7) {
        let mut data = original.clone();
        data[at] ^= 1 << (at % 8);
        bench
            .sql()
            .execute("UPDATE blob SET data = ? WHERE id = 1", params![data])
            .unwrap();
        let reader = bench.archive.reader().unwrap();
        for (payload, bytes) in (1..).zip(&pages) {
            match reader.payload(payload) {
                Ok(read) => assert_eq!(&read, bytes, "byte {at}"),
                Err(ArchiveError::Damaged { why, .. }) => {
                    told += 1;
                    assert!(
                        why.contains("http://example.org/lost") && why.contains("blob 1:"),
                        "{why}"
                    );
                    assert!(why.contains(&PayloadDigest::of(bytes).hex()), "{why}");
                }
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(reader.payload(4).unwrap(), page(9, 300));
    }
    assert!(told > original.len() / 7, "nearly every flip is told: {told}");
    // Bytes that decode well but are others: only the SHA-256 tells.
    let other = compress(&page(1, 300), None, QUICK).unwrap();
    bench
        .sql()
        .execute("UPDATE blob SET data = ?, base_id = NULL WHERE id = 3", params![other])
        .unwrap();
    assert!(
        bench
            .archive
            .reader()
            .unwrap()
            .payload(3)
            .unwrap_err()
            .to_string()
            .contains("SHA-256")
    );
    // Something new is kept all the same, and compacting tells and leaves it.
    bench.reader = bench.archive.reader().unwrap();
    bench.keep("http://example.org/lost", &edited(&page(0, 300), 4));
    let before = bench.rows();
    let done = bench.compact(12);
    assert_eq!(done.unreadable.len(), 3, "{:?}", done.unreadable);
    assert_eq!(
        bench.rows()[..3].iter().map(|row| &row.4).collect::<Vec<_>>(),
        before[..3].iter().map(|row| &row.4).collect::<Vec<_>>()
    );
}

#[test]
fn a_large_body_is_kept_by_itself() {
    let mut bench = Bench::new();
    let large = noise(DELTA_MAX + 1);
    let mut small = large[..DELTA_MAX / 2].to_vec();
    for bytes in [large.clone(), edited(&large, 3), small.clone()] {
        bench.keep("http://example.org/film", &bytes);
    }
    small[10] ^= 1;
    bench.keep("http://example.org/film", &small);
    let rows = bench.rows();
    let kept: Vec<(&str, Option<i64>)> = rows.iter().map(|row| (row.1.as_str(), row.2)).collect();
    assert_eq!(kept, [("raw", None), ("raw", None), ("raw", None), ("zstd", Some(3))]);
    bench.is_sound();
    bench.compact(1);
    bench.is_sound();
}

#[test]
fn compacting_saves_room_and_twice_changes_nothing() {
    let mut bench = Bench::new();
    // The first page is unlike the others.
    bench.keep("http://example.org/start", &hex(&noise(4_000)[3_500..].repeat(3)));
    for n in 0..12 {
        let mut version = page(n, 300);
        for edit in 0..1 + n % 3 * 9 {
            bench.keep(&format!("http://example.org/{n}"), &version);
            version = edited(&version, edit);
        }
    }
    bench.is_sound();
    let bytes = |bench: &Bench| bench.rows().iter().map(|row| row.4.len()).sum::<usize>();
    let before = bytes(&bench);
    let done = bench.compact(12);
    assert!(
        done.smaller > 0 && done.rebased == 1 && done.unreadable.is_empty(),
        "{done:?}"
    );
    assert!(bytes(&bench) * 10 < before * 9, "{before} -> {}", bytes(&bench));
    bench.is_sound();
    let rows = bench.rows();
    let again = bench.compact(12);
    assert_eq!((again.smaller, again.rebased), (0, 0));
    assert!(bench.rows() == rows);
    // What comes later is stored against what there is now.
    bench.reader = bench.archive.reader().unwrap();
    bench.first_pages = FirstPages::default();
    bench.keep("http://example.org/new", &page(20, 300));
    bench.keep("http://example.org/2", &edited(&page(2, 300), 77));
    bench.is_sound();
    bench.compact(19);
    bench.is_sound();
}

#[test]
fn chains_across_addresses_never_close() {
    let mut bench = Bench::new();
    let pages: Vec<Vec<u8>> = (0..6).map(|n| page(n, 200)).collect();
    for (address, order) in [
        (1, [0, 1, 2, 3, 4, 5]),
        (2, [5, 4, 3, 2, 1, 0]),
        (3, [2, 0, 4, 1, 5, 3]),
    ] {
        for n in order {
            bench.keep(&format!("http://h{address}.example/"), &pages[n]);
        }
        bench.compact(address);
        bench.is_sound();
    }
    bench.compact(9);
    bench.is_sound();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_versions_come_back_as_they_were(
        steps in prop::collection::vec(
            (0..3usize, prop_oneof![
                prop::collection::vec(any::<u8>(), 0..600).prop_map(Step::Other),
                (0..4usize, 0..3000usize).prop_map(|(n, words)| Step::Page(n, words)),
                (0..100usize).prop_map(Step::Edit),
            ]), 1..60),
        compacts in prop::collection::vec(0..60usize, 0..3),
    ) {
        let mut bench = Bench::new();
        let mut now = vec![page(0, 50); 3];
        let mut kept: Vec<Vec<u8>> = Vec::new();
        for (n, (address, step)) in steps.into_iter().enumerate() {
            let bytes = match step {
                Step::Other(bytes) => bytes,
                Step::Page(n, words) => page(n, words),
                Step::Edit(edit) if !now[address].is_empty() => edited(&now[address], edit),
                Step::Edit(_) => Vec::new(),
            };
            bench.keep(&format!("http://h{}.example/{address}", address / 2), &bytes);
            if !kept.contains(&bytes) {
                kept.push(bytes.clone());
            }
            now[address] = bytes;
            if compacts.contains(&n) {
                bench.compact(3);
            }
        }
        bench.is_sound();
        let reader = bench.archive.reader().unwrap();
        for (payload, bytes) in (1..).zip(&kept) {
            prop_assert_eq!(&reader.payload(payload).unwrap(), bytes);
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Other(Vec<u8>),
    Page(usize, usize),
    Edit(usize),
}

#[test]
fn what_is_at_hand_is_shared() {
    let mut bench = Bench::new();
    bench.keep("http://example.org/", &page(0, 300));
    let (one, two) = (bench.reader.blob(1).unwrap(), bench.reader.blob(1).unwrap());
    assert!(Arc::ptr_eq(&one, &two));
}
