//! The sum of every table, kept by the writer.
//!
//! For each table: how many rows, and the sum of their hashes modulo 2^128. A sum needs no order, so that a
//! transaction changes it by the rows that it changed, whatever the size of the table: less what they were, more what
//! they are. What they are is read before the commit; what they were is read through another connection, which sees
//! the archive as it was before the transaction. So nothing is hashed twice, and a row that had changed by itself
//! keeps its table's sum wrong.
//!
//! Which rows changed SQLite tells (`update_hook`), with two exceptions. Of a table WITHOUT ROWID it tells nothing:
//! whoever changes one marks the first column of its key ([`Marks::group`]), and all rows with that are summed. And
//! `page_search_idx`, of that kind too, is FTS5's own: rows are added at the end of a segment, and go with the
//! whole segment; its pages in `page_search_data`, of which we are told, say which.
//!
//! SQLite does not tell either of rows that REPLACE removes, of DELETE without WHERE, and of the id that a row had
//! before it was given another: none of them is written here.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rusqlite::{Connection, OptionalExtension, Params, Row, Transaction, hooks::Action, params, types::ValueRef};
use sha2::{Digest as _, Sha256};

/// Rows and the sum of their hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sum {
    pub rows: i64,
    pub sum: u128,
}

impl Sum {
    fn plus(self, other: Sum) -> Sum {
        Sum {
            rows: self.rows.wrapping_add(other.rows),
            sum: self.sum.wrapping_add(other.sum),
        }
    }

    fn less(self, other: Sum) -> Sum {
        Sum {
            rows: self.rows.wrapping_sub(other.rows),
            sum: self.sum.wrapping_sub(other.sum),
        }
    }

    /// Takes in a row, by the types and bytes of its values.
    pub fn add(&mut self, row: &Row<'_>, columns: usize, buffer: &mut Vec<u8>) -> rusqlite::Result<()> {
        buffer.clear();
        for column in 0..columns {
            let (kind, number);
            let value: &[u8] = match row.get_ref(column)? {
                ValueRef::Null => {
                    kind = 0;
                    &[]
                }
                ValueRef::Integer(n) => {
                    (kind, number) = (1, n.to_be_bytes());
                    &number
                }
                ValueRef::Real(n) => {
                    (kind, number) = (2, n.to_bits().to_be_bytes());
                    &number
                }
                ValueRef::Text(text) => {
                    kind = 3;
                    text
                }
                ValueRef::Blob(bytes) => {
                    kind = 4;
                    bytes
                }
            };
            buffer.push(kind);
            buffer.extend_from_slice(&(value.len() as u32).to_be_bytes());
            buffer.extend_from_slice(value);
        }
        let hash: [u8; 32] = Sha256::digest(&*buffer).into();
        let mut half = [0; 16];
        half.copy_from_slice(&hash[..16]);
        self.rows = self.rows.wrapping_add(1);
        self.sum = self.sum.wrapping_add(u128::from_be_bytes(half));
        Ok(())
    }
}

/// A table that is summed.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub name: String,
    /// The first column of its primary key; of a table with rowids, that is the rowid.
    key: String,
    /// FTS5 puts rows in the place of others without a word.
    is_fts: bool,
}

const SEGMENTS: &str = "page_search_idx";
const PAGES: &str = "page_search_data";
const SETTINGS: &str = "page_search_config";

/// Every table of ours but `seal` itself, those of the full-text index included.
pub(super) fn tables(sql: &Connection) -> rusqlite::Result<Vec<Table>> {
    sql.prepare(
        "SELECT t.name, c.name, t.type = 'shadow' FROM pragma_table_list t JOIN pragma_table_info(t.name) c ON c.pk = 1
         WHERE t.schema = 'main' AND t.type IN ('table', 'shadow') AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
             AND t.name <> 'seal' ORDER BY t.name",
    )?
    .query_map([], |row| {
        Ok(Table {
            name: row.get(0)?,
            key: row.get(1)?,
            is_fts: row.get(2)?,
        })
    })?
    .collect()
}

/// The sum of the rows that a query gives. `tell` hears of each.
pub(super) fn sum_of(
    sql: &Connection,
    query: &str,
    parameters: impl Params,
    mut tell: impl FnMut(),
) -> rusqlite::Result<Sum> {
    let mut statement = sql.prepare_cached(query)?;
    let columns = statement.column_count();
    let mut rows = statement.query(parameters)?;
    let (mut sum, mut buffer) = (Sum::default(), Vec::new());
    while let Some(row) = rows.next()? {
        sum.add(row, columns, &mut buffer)?;
        tell();
    }
    Ok(sum)
}

/// The sum of a whole table.
pub(super) fn sum_of_table(sql: &Connection, table: &str, tell: impl FnMut()) -> rusqlite::Result<Sum> {
    sum_of(sql, &format!("SELECT * FROM \"{table}\""), [], tell)
}

/// What `seal` says of a table.
pub(super) fn sealed(sql: &Connection, table: &str) -> rusqlite::Result<Option<Sum>> {
    let found = sql
        .prepare_cached("SELECT rows, sum FROM seal WHERE name = ?")?
        .query_row([table], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)))
        .optional()?;
    Ok(found.and_then(|(rows, sum)| {
        Some(Sum {
            rows,
            sum: u128::from_be_bytes(sum.try_into().ok()?),
        })
    }))
}

/// Sums every table anew: after a migration.
pub(in crate::archive) fn renew(sql: &Connection) -> rusqlite::Result<()> {
    sql.execute("DELETE FROM seal", [])?;
    for Table { name, .. } in tables(sql)? {
        let sum = sum_of_table(sql, &name, || ())?;
        sql.execute(
            "INSERT INTO seal (name, rows, sum) VALUES (?, ?, ?)",
            params![name, sum.rows, sum.sum.to_be_bytes()],
        )?;
    }
    Ok(())
}

/// What a transaction changed, as far as it is known.
#[derive(Debug, Default)]
struct Changed {
    /// By table: keys, and whether there may have been such rows before.
    keys: HashMap<String, BTreeMap<i64, bool>>,
    /// Segments of the full-text index with pages that changed, and the last page of each that was removed.
    segments: BTreeMap<i64, i64>,
}

impl Changed {
    fn is_empty(&self) -> bool {
        self.segments.is_empty() && self.keys.values().all(BTreeMap::is_empty)
    }

    /// One row of a table with rowids.
    fn row(&mut self, action: Action, table: &str, rowid: i64) {
        let Some(keys) = self.keys.get_mut(table) else {
            return;
        };
        let is_fts = table.starts_with("page_search_");
        let was = is_fts || action != Action::SQLITE_INSERT;
        keys.entry(rowid).or_insert(was);
        if table == PAGES {
            let (segment, page) = (rowid >> 37 & 0xffff, rowid & 0x7fff_ffff);
            let removed = self.segments.entry(segment).or_insert(-1);
            if action == Action::SQLITE_DELETE {
                *removed = page.max(*removed);
            }
        }
    }
}

/// Where the writer says what SQLite does not tell.
#[derive(Debug, Clone, Default)]
pub(in crate::archive) struct Marks(Arc<Mutex<Changed>>);

impl Marks {
    fn changed(&self) -> MutexGuard<'_, Changed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rows of a table WITHOUT ROWID changed that have `key` in the first column of their primary key.
    pub fn group(&self, table: &str, key: i64) {
        let mut changed = self.changed();
        if let Some(keys) = changed.keys.get_mut(table) {
            keys.insert(key, true);
        }
    }
}

/// Keeps the sums of one writing connection.
pub(in crate::archive) struct Seals {
    tables: Vec<Table>,
    marks: Marks,
    /// Sees the archive as it was before the transaction that is being written.
    before: Connection,
}

impl Seals {
    /// Watches `writing` from now on. `before` is another connection to the same file.
    pub fn watch(writing: &mut Connection, before: Connection) -> rusqlite::Result<Self> {
        let tables = tables(writing)?;
        let marks = Marks::default();
        let names = tables.iter().map(|table| table.name.clone());
        marks.changed().keys = names.map(|name| (name, BTreeMap::new())).collect();
        let told = marks.clone();
        writing.update_hook(Some(move |action, database: &str, table: &str, rowid| {
            if database == "main" {
                told.changed().row(action, table, rowid);
            }
        }))?;
        let open = marks.clone();
        // A transaction must not be committed with sums that do not hold: it is rolled back then.
        writing.commit_hook(Some(move || !open.changed().is_empty()))?;
        Ok(Self { tables, marks, before })
    }

    pub fn marks(&self) -> Marks {
        self.marks.clone()
    }

    /// Brings the sums up to date. The last thing that is done in a transaction.
    pub fn write(&mut self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        // FTS5 writes what it gathered when a savepoint is opened; otherwise it would while we commit.
        transaction.execute_batch("SAVEPOINT sums; RELEASE sums")?;
        let mut changed = self.marks.changed();
        if changed.is_empty() {
            return Ok(());
        }
        let before = self.before.transaction()?;
        let segments = std::mem::take(&mut changed.segments);
        for table in &self.tables {
            let keys = changed
                .keys
                .get_mut(&table.name)
                .map(std::mem::take)
                .unwrap_or_default();
            let change = match table.name.as_str() {
                SEGMENTS => segments_changed(transaction, &before, &segments)?,
                SETTINGS if !segments.is_empty() => {
                    sum_of_table(transaction, SETTINGS, || ())?.less(sum_of_table(&before, SETTINGS, || ())?)
                }
                _ => table.changed(transaction, &before, &keys)?,
            };
            if change != Sum::default() {
                table.write(transaction, change)?;
            }
        }
        before.finish()
    }
}

impl Table {
    /// By how much the rows with these keys changed the sum.
    fn changed(&self, now: &Connection, before: &Connection, keys: &BTreeMap<i64, bool>) -> rusqlite::Result<Sum> {
        let query = format!("SELECT * FROM \"{}\" WHERE \"{}\" BETWEEN ? AND ?", self.name, self.key);
        let mut change = Sum::default();
        for (first, last, were) in ranges(keys) {
            change = change.plus(sum_of(now, &query, [first, last], || ())?);
            if were || self.is_fts {
                change = change.less(sum_of(before, &query, [first, last], || ())?);
            }
        }
        Ok(change)
    }

    /// Where the sum of a table is missing, the archive is damaged: none is made up for it.
    fn write(&self, sql: &Connection, change: Sum) -> rusqlite::Result<()> {
        let Some(old) = sealed(sql, &self.name)? else {
            return Ok(());
        };
        let new = old.plus(change);
        sql.prepare_cached("UPDATE seal SET rows = ?2, sum = ?3 WHERE name = ?1")?
            .execute(params![self.name, new.rows, new.sum.to_be_bytes()])?;
        Ok(())
    }
}

/// By how much rows of `page_search_idx` changed its sum. A segment that lost the last page that a row leads to was
/// given up, and its number may stand for another now; of all others only the end is new.
fn segments_changed(now: &Connection, before: &Connection, segments: &BTreeMap<i64, i64>) -> rusqlite::Result<Sum> {
    const ALL: &str = "SELECT * FROM page_search_idx WHERE segid = ?";
    let mut change = Sum::default();
    for (segment, removed) in segments {
        let last: Option<(Vec<u8>, i64)> = before
            .prepare_cached(
                "SELECT CAST(term AS BLOB), pgno / 2 FROM page_search_idx WHERE segid = ? ORDER BY term DESC LIMIT 1",
            )?
            .query_row([segment], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        change = match last {
            Some((term, page)) if *removed < page => change.plus(sum_of(
                now,
                "SELECT * FROM page_search_idx WHERE segid = ? AND term > ?",
                params![segment, term],
                || (),
            )?),
            last => {
                let were = match last {
                    Some(_) => sum_of(before, ALL, [segment], || ())?,
                    None => Sum::default(),
                };
                change.plus(sum_of(now, ALL, [segment], || ())?).less(were)
            }
        };
    }
    Ok(change)
}

/// Neighbouring keys together, as long as the same is known of them.
fn ranges(keys: &BTreeMap<i64, bool>) -> Vec<(i64, i64, bool)> {
    let mut found: Vec<(i64, i64, bool)> = Vec::new();
    for (key, were) in keys {
        match found.last_mut() {
            Some((_, last, same)) if last.checked_add(1) == Some(*key) && same == were => *last = *key,
            _ => found.push((*key, *key, *were)),
        }
    }
    found
}

#[cfg(test)]
#[path = "seal_tests.rs"]
mod tests;
