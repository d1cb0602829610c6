//! One bit flipped, again and again: whatever changes a cell or an entry of an index is found.
//!
//! `EVERCITE_FLIPS` says how many (150 where it is not set), `EVERCITE_FLIP_SEED` which.

use std::path::{Path, PathBuf};

use evercite::{
    archive::{Archive, verify},
    model::verification::Thoroughness,
};
use rusqlite::{Connection, types::ValueRef};

use super::archived;

/// Pseudo-random numbers that are the same everywhere (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        for shift in [13, -7, 17] {
            self.0 ^= if shift > 0 { self.0 << shift } else { self.0 >> -shift };
        }
        (self.0 >> 11) as usize % end
    }
}

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |value| value.parse().expect("a number"))
}

/// Every row of a query, with the types of its values.
fn rows(sql: &Connection, query: &str, into: &mut Vec<u8>) -> rusqlite::Result<()> {
    let mut statement = sql.prepare(query)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            match row.get_ref(column)? {
                ValueRef::Null => into.push(b'n'),
                ValueRef::Integer(n) => into.extend_from_slice(&[&b"i"[..], &n.to_be_bytes()].concat()),
                ValueRef::Real(n) => into.extend_from_slice(&[&b"r"[..], &n.to_bits().to_be_bytes()].concat()),
                ValueRef::Text(text) => into.extend_from_slice(&[b"t", text, b"\0"].concat()),
                ValueRef::Blob(bytes) => into.extend_from_slice(&[b"b", bytes, b"\0"].concat()),
            }
        }
        into.push(b'\n');
    }
    Ok(())
}

fn strings(sql: &Connection, query: &str) -> rusqlite::Result<Vec<String>> {
    sql.prepare(query)?.query_map([], |row| row.get(0))?.collect()
}

/// Queries that together read every cell of every table, those of the schema and of the full-text index included,
/// and every entry of every index in its order.
fn everything(sql: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut queries = vec!["SELECT * FROM sqlite_schema".to_owned()];
    for table in strings(
        sql,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0",
    )? {
        queries.push(format!("SELECT * FROM \"{table}\" NOT INDEXED"));
        let indexes = format!("SELECT name FROM pragma_index_list('{table}') WHERE origin <> 'pk'");
        for index in strings(sql, &indexes)? {
            let columns = strings(
                sql,
                &format!("SELECT coalesce(name, 'rowid') FROM pragma_index_xinfo('{index}') ORDER BY seqno"),
            )?;
            let condition: Option<String> = sql.query_row(
                "SELECT substr(sql, nullif(instr(sql, ' WHERE '), 0)) FROM sqlite_schema WHERE name = ?",
                [&index],
                |row| row.get(0),
            )?;
            let (columns, condition) = (columns.join(", "), condition.unwrap_or_default());
            let query = format!("SELECT {columns} FROM \"{table}\" INDEXED BY \"{index}\"{condition}");
            let plan: String = sql.query_row(&format!("EXPLAIN QUERY PLAN {query}"), [], |row| row.get(3))?;
            queries.push(match plan.contains("COVERING INDEX") {
                true => query,
                // Its condition is on a column that it does not have: SQLite compares it with the table.
                false => format!("PRAGMA integrity_check(\"{table}\")"),
            });
        }
    }
    Ok(queries)
}

/// All of that; `None` where it cannot be read.
fn read(path: &Path, queries: &[String]) -> Option<Vec<u8>> {
    let sql = Connection::open(path).ok()?;
    let mut all = Vec::new();
    for query in queries {
        rows(&sql, query, &mut all).ok()?;
    }
    Some(all)
}

/// Whether the archive is found to be sound. Damage is a finding, never an error.
fn sound(path: &Path) -> bool {
    let told = Archive::unopened(path).and_then(|archive| verify(&archive, Thoroughness::Full, None, &|_, _, _| ()));
    told.expect("it is looked at").sound
}

fn put(path: &PathBuf, bytes: &[u8]) {
    for suffix in ["-wal", "-shm"] {
        let mut beside = path.as_os_str().to_owned();
        beside.push(suffix);
        // There may be none.
        let _ = std::fs::remove_file(beside);
    }
    std::fs::write(path, bytes).expect("a copy");
}

#[test]
fn any_bit_that_changes_anything_is_found() {
    let (_site, evercite) = archived();
    let mut bytes = std::fs::read(evercite.archive()).expect("the archive");
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy.db");
    put(&copy, &bytes);
    let queries = everything(&Connection::open(&copy).expect("a copy")).expect("queries");
    let whole = read(&copy, &queries).expect("it can be read");
    assert!(sound(&copy));
    let flips = setting("EVERCITE_FLIPS", 150);
    let mut numbers = Numbers(setting("EVERCITE_FLIP_SEED", 20_261_127));
    let (mut differ, mut found, mut missed) = (0, 0, Vec::new());
    for _ in 0..flips {
        let (at, bit) = (numbers.below(bytes.len()), numbers.below(8));
        bytes[at] ^= 1 << bit;
        put(&copy, &bytes);
        let differs = read(&copy, &queries).as_ref() != Some(&whole);
        put(&copy, &bytes);
        let is_found = !sound(&copy);
        differ += u64::from(differs);
        found += u64::from(is_found);
        if differs && !is_found {
            missed.push((at, bit));
        }
        bytes[at] ^= 1 << bit;
    }
    put(&copy, &bytes);
    assert!(sound(&copy), "put back");
    println!(
        "{flips} flips in {} bytes: {differ} changed something, {found} were found",
        bytes.len()
    );
    assert_eq!(
        missed,
        Vec::<(usize, usize)>::new(),
        "byte and bit that were not found, of {differ}"
    );
    assert!(differ > flips / 20, "only {differ} of {flips} changed anything");
}
