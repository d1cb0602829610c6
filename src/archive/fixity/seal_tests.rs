//! The sums that are kept are those that a count from the beginning gives, whatever is written.

use proptest::prelude::*;

use super::*;
use crate::{
    archive::{Archive, Ingest, Writer},
    model::{run::RunKind, time::Timestamp},
};

struct Bench {
    archive: Archive,
    writer: Writer,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::create(&folder.path().join("a.db")).unwrap();
        let writer = archive.writer().unwrap();
        Self {
            archive,
            writer,
            _folder: folder,
        }
    }

    fn write(&self, work: impl FnOnce(&mut Ingest<'_>) -> rusqlite::Result<()> + Send + 'static) {
        self.writer.call(work).unwrap();
    }

    #[track_caller]
    fn is_sealed(&self) {
        let sql = Connection::open(self.archive.path()).unwrap();
        for Table { name, .. } in tables(&sql).unwrap() {
            let (want, have) = (sum_of_table(&sql, &name, || ()).unwrap(), sealed(&sql, &name).unwrap());
            assert_eq!(have, Some(want), "{name}");
        }
    }

    fn pages_of_index(&self) -> i64 {
        let sql = Connection::open(self.archive.path()).unwrap();
        sql.query_row("SELECT count(*) FROM page_search_idx", [], |row| row.get(0))
            .unwrap()
    }
}

/// Words that fill pages of the index: few that come again, many that do not.
fn words(seed: i64, count: i64) -> String {
    (0..count)
        .map(|n| format!("w{} ", (seed * 7919 + n * 104_729) % 50_021))
        .collect()
}

fn index(ingest: &Ingest<'_>, from: i64, pages: i64, length: i64) -> rusqlite::Result<()> {
    for id in from..from + pages {
        ingest.sql.execute(
            "INSERT INTO page_search (rowid, title, text) VALUES (?, ?, ?)",
            params![id, words(id, 4), words(id * 31, length)],
        )?;
    }
    Ok(())
}

#[test]
fn a_new_archive_is_sealed_and_every_table_is() {
    let bench = Bench::new();
    bench.is_sealed();
    let sql = Connection::open(bench.archive.path()).unwrap();
    let all: i64 = sql
        .query_row(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('seal', 'page_search')
                 AND name NOT LIKE 'sqlite%'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(tables(&sql).unwrap().len() as i64, all);
    // A rowid that is no column would change with VACUUM, and with it what is summed.
    let nameless: i64 = sql
        .query_row(
            "SELECT count(*) FROM pragma_table_list t WHERE t.schema = 'main' AND t.wr = 0
                 AND t.type IN ('table', 'shadow') AND t.name NOT LIKE 'sqlite%' AND NOT EXISTS (
                     SELECT 1 FROM pragma_table_info(t.name) c WHERE c.pk = 1 AND c.type = 'INTEGER')",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(nameless, 0);
}

#[test]
fn the_full_text_index_stays_sealed_through_merges_and_removals() {
    let bench = Bench::new();
    let mut next = 1;
    for turn in 0..40 {
        let (from, pages, length) = (next, 1 + turn % 7, 30 + turn % 11 * 60);
        next += pages;
        bench.write(move |ingest| {
            index(ingest, from, pages, length)?;
            if turn % 9 == 8 {
                ingest.sql.execute("DELETE FROM page_search WHERE rowid % 5 = 3", [])?;
            }
            Ok(())
        });
        bench.is_sealed();
    }
    assert!(bench.pages_of_index() > 50, "{}", bench.pages_of_index());
    // Small steps of a merge: segments that grow at their end while others lose their beginning.
    let mut steps = 0;
    while bench.writer.call(|ingest| ingest.merge_search(3)).unwrap() {
        bench.is_sealed();
        steps += 1;
    }
    assert!(steps > 3, "{steps}");
    bench.write(|ingest| {
        ingest.sql.execute("DELETE FROM page_search WHERE rowid % 2 = 0", [])?;
        ingest
            .sql
            .execute("INSERT INTO page_search (page_search) VALUES ('optimize')", [])?;
        index(ingest, 100_000, 20, 300)
    });
    bench.is_sealed();
}

#[test]
fn what_is_not_summed_is_not_committed() {
    let bench = Bench::new();
    let mut sql = Connection::open(bench.archive.path()).unwrap();
    let before = Connection::open(bench.archive.path()).unwrap();
    let mut seals = Seals::watch(&mut sql, before).unwrap();
    let insert = "INSERT INTO host (name, registered_domain) VALUES ('a.example', 'a.example')";
    assert!(sql.execute(insert, []).is_err(), "no sum was written");
    seals.marks.changed().keys.values_mut().for_each(BTreeMap::clear);
    bench.is_sealed();
    let transaction = sql.transaction().unwrap();
    transaction.execute(insert, []).unwrap();
    seals.write(&transaction).unwrap();
    transaction.commit().unwrap();
    bench.is_sealed();
}

#[test]
fn a_cell_that_changed_by_itself_stays_visible_when_its_row_is_written_again() {
    let bench = Bench::new();
    let insert = "INSERT INTO host (name, registered_domain) VALUES ('a.example', 'a.example')";
    bench.write(move |ingest| ingest.sql.execute(insert, []).map(drop));
    let other = Connection::open(bench.archive.path()).unwrap();
    other
        .execute("UPDATE host SET registered_domain = 'b.example'", [])
        .unwrap();
    bench.write(|ingest| ingest.sql.execute("UPDATE host SET name = 'c.example'", []).map(drop));
    let (want, have) = (
        sealed(&other, "host").unwrap(),
        sum_of_table(&other, "host", || ()).unwrap(),
    );
    assert_ne!(want, Some(have));
}

#[test]
fn ranges_join_neighbours_of_one_kind() {
    let keys = |keys: &[(i64, bool)]| keys.iter().copied().collect::<BTreeMap<_, _>>();
    for (given, want) in [
        (&[][..], &[][..]),
        (&[(1, false), (2, false), (4, false)], &[(1, 2, false), (4, 4, false)]),
        (&[(1, false), (2, true), (3, true)], &[(1, 1, false), (2, 3, true)]),
        (
            &[(i64::MAX - 1, true), (i64::MAX, true)],
            &[(i64::MAX - 1, i64::MAX, true)],
        ),
    ] {
        assert_eq!(ranges(&keys(given)), want);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]
    #[test]
    fn any_order_of_writing_is_summed(steps in prop::collection::vec((0..7u8, 0..30i64, 1..5i64), 1..25)) {
        let bench = Bench::new();
        for (at, (what, key, count)) in (0i64..).zip(steps) {
            bench.write(move |ingest| {
                ingest.sql.pragma_update(None, "defer_foreign_keys", true)?;
                for key in key..key + count {
                    let (sql, table) = match what {
                        0 => ("INSERT INTO host (name, registered_domain) VALUES ('h' || ?1, '') ON CONFLICT (name)
                               DO UPDATE SET registered_domain = registered_domain || '.'", None),
                        1 => ("DELETE FROM host WHERE id = ?1", None),
                        2 => ("UPDATE host SET name = name || '!' WHERE id >= ?1", None),
                        3 => ("INSERT INTO volatile_block SELECT id, ?1 FROM url WHERE id = ?1 ON CONFLICT DO NOTHING",
                              Some("volatile_block")),
                        4 => ("DELETE FROM volatile_block WHERE url_id = ?1", Some("volatile_block")),
                        5 => ("INSERT INTO page_search (rowid, title, text) SELECT ?1 + 100, 't', 'some words'
                               WHERE NOT EXISTS (SELECT 1 FROM page_search WHERE rowid = ?1 + 100)", None),
                        _ => ("DELETE FROM page_search WHERE rowid = ?1 + 100", None),
                    };
                    ingest.sql.execute(sql, [key])?;
                    if let Some(table) = table {
                        ingest.memory.marks.group(table, key);
                    }
                }
                if at % 3 == 2 {
                    let run = ingest.begin_run(RunKind::Check, Timestamp::from_millis(at), "{}")?;
                    ingest.abandon_runs(Timestamp::from_millis(at + run.id))?;
                }
                Ok(())
            });
        }
        bench.is_sealed();
    }
}
