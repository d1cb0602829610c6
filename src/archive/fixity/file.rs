//! The file: its header, its schema, how its pages hang together, its indexes, its references, its sums.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::Read,
    path::Path,
};

use rusqlite::Connection;

use super::{
    damage::Findings,
    seal::{sealed, sum_of_table, tables},
    verify::{Look, Step},
};
use crate::{
    archive::{
        Result,
        open::{APPLICATION_ID, pristine},
    },
    model::verification::{Part, Thoroughness},
};

/// Messages of SQLite's own check that are told.
const MESSAGES: usize = 100;

/// Whether a file that SQLite does not take for an archive was one: by our mark in its header.
pub(super) fn was_an_archive(path: &Path) -> bool {
    let mut header = [0; 100];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut header));
    read.is_ok() && header[68..72] == (APPLICATION_ID as u32).to_be_bytes()
}

/// Names, the statements that made them, and as what they are stored: a bit can make a blob of a text.
type Schema = BTreeSet<(String, String, String, Option<String>, String)>;

fn schema(sql: &Connection) -> rusqlite::Result<Schema> {
    sql.prepare(
        "SELECT type, name, tbl_name, sql, concat(typeof(type), typeof(name), typeof(tbl_name), typeof(sql))
         FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\'",
    )?
    .query_map([], |row| {
        Ok((
            text(row, 0)?.unwrap_or_default(),
            text(row, 1)?.unwrap_or_default(),
            text(row, 2)?.unwrap_or_default(),
            text(row, 3)?,
            text(row, 4)?.unwrap_or_default(),
        ))
    })?
    .collect()
}

/// Text, or what is left of it.
pub(super) fn text(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    Ok(match row.get_ref(column)? {
        rusqlite::types::ValueRef::Text(bytes) | rusqlite::types::ValueRef::Blob(bytes) => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
        _ => None,
    })
}

/// Whether the tables, indexes and views are those that the migrations make. What others added is theirs.
pub(super) fn has_our_schema(sql: &Connection) -> rusqlite::Result<Vec<String>> {
    let (want, have) = (schema(&pristine()?)?, schema(sql)?);
    Ok(want.difference(&have).map(|(_, name, ..)| name.clone()).collect())
}

impl Look<'_> {
    /// The schema, SQLite's own check, and references. Returns the tables, where the schema is as it should be.
    pub(super) fn structure(&mut self) -> Result<()> {
        (self.tell)(Step::Structure, 0, 0);
        let sql = &self.reader.sql;
        let missing = has_our_schema(sql);
        let archive = &self.reader.archive;
        let missing = self
            .findings
            .unless_damaged(archive, Part::Schema, "sqlite_schema", missing)?;
        for name in missing.into_iter().flatten() {
            let why = "what made it is not what makes it in this format";
            self.findings
                .add(Part::Schema, &name, why, "the archive may not open", false);
        }
        if self.since.is_some() {
            return Ok(());
        }
        let check = match self.thoroughness {
            Thoroughness::Full => "integrity_check",
            _ => "quick_check",
        };
        let messages = messages(sql, check);
        if let Some(messages) = self.findings.unless_damaged(archive, Part::File, "pages", messages)? {
            for message in messages {
                tell_of(&mut self.findings, &message);
            }
        }
        let broken = broken_references(sql);
        if let Some(broken) = self.findings.unless_damaged(archive, Part::Reference, "rows", broken)? {
            for ((table, parent), rows) in broken {
                let why = format!("{rows} rows refer to rows of {parent} that are not there");
                self.findings.table(Part::Reference, &table, &why);
            }
        }
        Ok(())
    }

    /// Every table against its sum.
    pub(super) fn sums(&mut self) -> Result<()> {
        let archive = self.reader.archive.clone();
        let known = pristine()
            .and_then(|pristine| tables(&pristine))
            .map_err(|e| archive.error(e))?;
        for (done, table) in known.iter().enumerate() {
            let name = &table.name;
            (self.tell)(Step::Sums, done as u64, known.len() as u64);
            let sql = &self.reader.sql;
            let have = sum_of_table(sql, name, || ());
            let Some(have) = self.findings.unless_damaged(&archive, Part::Table, name, have)? else {
                continue;
            };
            self.findings.count("tables");
            let want = self
                .findings
                .unless_damaged(&archive, Part::Table, "seal", sealed(sql, name))?;
            let why = match want {
                None => continue,
                Some(None) => "there is no sum of it".to_owned(),
                Some(Some(want)) if want == have => continue,
                Some(Some(want)) if want.rows != have.rows => {
                    format!("it has {} rows, and should have {}", have.rows, want.rows)
                }
                Some(Some(_)) => "its cells, or its sum, are not what was written".to_owned(),
            };
            self.findings.table(Part::Table, name, &why);
        }
        let names: BTreeSet<&str> = known.iter().map(|table| table.name.as_str()).collect();
        let sums = sum_names(&self.reader.sql);
        if let Some(sums) = self.findings.unless_damaged(&archive, Part::Table, "seal", sums)? {
            for name in sums.iter().filter(|name| !names.contains(name.as_str())) {
                let why = format!("it has a sum of {name:?}, which is no table");
                self.findings.table(Part::Table, "seal", &why);
            }
        }
        Ok(())
    }
}

fn sum_names(sql: &Connection) -> rusqlite::Result<Vec<String>> {
    sql.prepare("SELECT name FROM seal")?
        .query_map([], |row| Ok(text(row, 0)?.unwrap_or_default()))?
        .collect()
}

fn messages(sql: &Connection, check: &str) -> rusqlite::Result<Vec<String>> {
    let roots: HashMap<String, String> = sql
        .prepare("SELECT rootpage, name FROM sqlite_schema WHERE rootpage > 0")?
        .query_map([], |row| {
            Ok((row.get::<_, i64>(0)?.to_string(), text(row, 1)?.unwrap_or_default()))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut statement = sql.prepare(&format!("PRAGMA {check}({MESSAGES})"))?;
    let mut rows = statement.query([])?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        let message = text(row, 0)?.unwrap_or_default();
        if message != "ok" {
            messages.push(named(&message, &roots));
        }
    }
    Ok(messages)
}

/// A message about a tree, with the name of the table or index that the tree is.
fn named(message: &str, roots: &HashMap<String, String>) -> String {
    let tree = message
        .strip_prefix("Tree ")
        .and_then(|rest| rest.split_whitespace().next());
    match tree.and_then(|root| roots.get(root.trim_end_matches(':'))) {
        Some(name) => format!("{name}: {message}"),
        None => message.to_owned(),
    }
}

/// Sorts a message of SQLite's by what it is about.
fn tell_of(findings: &mut Findings, message: &str) {
    let index = message
        .split_once("missing from index ")
        .or_else(|| message.split_once("entries in index "))
        .or_else(|| message.split_once("non-unique entry in index "))
        .map(|(_, name)| name.trim());
    match index {
        Some(name) => {
            let costs = "nothing: `REINDEX` in sqlite3 makes it again";
            findings.add(Part::Index, name, message, costs, true);
        }
        None => {
            let name = message.split_once(": ").map_or("pages", |(name, _)| name);
            let (costs, derived) = match name.starts_with("page_search") || message.contains("page_search") {
                true => ("the full-text index, which can be made again", true),
                false => ("what stands on those pages; see the other findings", false),
            };
            findings.add(Part::File, name, message, costs, derived);
        }
    }
}

fn broken_references(sql: &Connection) -> rusqlite::Result<BTreeMap<(String, String), u64>> {
    let mut statement = sql.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    let mut broken: BTreeMap<(String, String), u64> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let key = (text(row, 0)?.unwrap_or_default(), text(row, 2)?.unwrap_or_default());
        *broken.entry(key).or_default() += 1;
    }
    Ok(broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_sqlite_are_sorted_by_what_they_are_about() {
        let roots = HashMap::from([("12".to_owned(), "capture".to_owned())]);
        for (message, part, name, derived) in [
            (
                "row 3 missing from index capture_by_url",
                Part::Index,
                "capture_by_url",
                true,
            ),
            (
                "wrong # of entries in index url_by_lookup_key",
                Part::Index,
                "url_by_lookup_key",
                true,
            ),
            (
                "non-unique entry in index sqlite_autoindex_url_1",
                Part::Index,
                "sqlite_autoindex_url_1",
                true,
            ),
            (
                "Tree 12 page 40 cell 2: Rowid 5 out of order",
                Part::File,
                "capture",
                false,
            ),
            (
                "Tree 12: btreeInitPage() returns error code 11",
                Part::File,
                "capture",
                false,
            ),
            ("Freelist: size is 3 but should be 4", Part::File, "Freelist", false),
            (
                "malformed inverted index for FTS5 table main.page_search",
                Part::File,
                "pages",
                true,
            ),
        ] {
            let mut findings = Findings::default();
            tell_of(&mut findings, &named(message, &roots));
            let found = &findings.found[0];
            assert_eq!(
                (found.part, found.name.as_str(), found.derived),
                (part, name, derived),
                "{message}"
            );
        }
    }
}
