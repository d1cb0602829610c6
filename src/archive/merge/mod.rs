//! Taking everything from another archive into this one.
//!
//! Both are open on one connection, and rows find each other by what names them everywhere: an address, a digest, a
//! uid. So nothing has to be remembered on the way, what is there already is passed over, and after a kill the same
//! command goes on where it was. A run that is not whole yet is in state [`MERGING`]; it is sealed last.

mod bodies;
mod captures;
mod history;
mod pages;

use std::path::Path;

use rusqlite::{Connection, params};

use super::{
    Archive, ArchiveError, Reader, Result, Writer,
    blob::{Cache, FirstPages},
    ingest::Ingest,
};

/// The state of a run of which captures are still to come.
pub(super) const MERGING: &str = "merging";

/// Rows of plain tables in one transaction.
const ROWS: i64 = 4096;
/// Bytes that wait to be written.
const WAITING: usize = 4 << 20;

/// How much of an archive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amount {
    /// Runs.
    pub runs: u64,
    /// Captures.
    pub captures: u64,
    /// Versions of pages.
    pub pages: u64,
    /// Bodies whose bytes are kept.
    pub bodies: u64,
    /// Bytes of these bodies, decoded.
    pub bytes: u64,
}

/// What another archive holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coming {
    /// What is not here yet.
    pub new: Amount,
    /// What is here already.
    pub there: Amount,
    /// Captures of runs that are whole here without them: such a run was gone on with in two copies of one archive.
    /// They cannot be taken, as the run's root would no longer hold.
    pub apart: u64,
}

/// What merging did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Merged {
    /// Bytes of bodies that were added, as they are stored.
    pub stored: u64,
    /// Runs that stand in this archive's own chain now, as theirs could not be gone on with here.
    pub sealed_anew: u64,
}

/// Both archives, and what is at hand while one is taken into the other.
struct Merge<'a> {
    /// Sees the other one as `other`.
    ours: Reader,
    theirs: Reader,
    writer: Writer,
    first_pages: FirstPages,
    heads: Cache<i64, ()>,
    merged: Merged,
    done: u64,
    total: u64,
    tell: &'a dyn Fn(u64, u64),
}

/// What merging `other` into an archive would bring.
pub fn coming(archive: &Archive, other: &Archive) -> Result<Coming> {
    let ours = archive.reader_beside(other)?;
    let _snapshot = ours.at_once()?;
    ours.ask(|sql| {
        let mut coming = Coming::default();
        let count = |query: &str| {
            sql.query_row(query, [MERGING], |row| {
                Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64))
            })
        };
        (coming.new.runs, coming.there.runs) = count(
            "SELECT count(*) FILTER (WHERE m.state IS NULL OR m.state = ?1),
                 count(*) FILTER (WHERE m.state <> ?1)
             FROM other.run o LEFT JOIN main.run m ON m.uid = o.uid",
        )?;
        let captures;
        (captures, coming.apart) = count(
            "SELECT count(*), count(*) FILTER (WHERE r.state <> ?1) FROM other.capture o
             CROSS JOIN other.run s ON s.id = o.run_id LEFT JOIN main.run r ON r.uid = s.uid
             WHERE NOT EXISTS (SELECT 1 FROM main.capture m WHERE m.uid = o.uid)",
        )?;
        let all;
        (all, _) = count("SELECT count(*), ?1 IS NULL FROM other.capture")?;
        coming.new.captures = captures - coming.apart;
        coming.there.captures = all - captures;
        (coming.new.pages, coming.there.pages) = count(
            "SELECT count(*) FILTER (WHERE v.ours IS NULL), count(v.ours) + (?1 IS NULL)
             FROM other.page_version o LEFT JOIN version_of v ON v.theirs = o.id",
        )?;
        let new = "SELECT count(*), coalesce(sum(o.length), 0) + (?1 IS NULL) FROM other.payload o
             WHERE o.blob_id IS NOT NULL AND NOT EXISTS
                 (SELECT 1 FROM main.payload m WHERE m.sha256 = o.sha256 AND m.blob_id IS NOT NULL)";
        (coming.new.bodies, coming.new.bytes) = count(new)?;
        let (bodies, bytes) = count(
            "SELECT count(*), coalesce(sum(length), 0) + (?1 IS NULL) FROM other.payload WHERE blob_id IS NOT NULL",
        )?;
        (coming.there.bodies, coming.there.bytes) = (bodies - coming.new.bodies, bytes - coming.new.bytes);
        Ok(coming)
    })
}

/// Takes everything from `other`, in transactions of bounded size. Nobody may write to either meanwhile: the caller
/// holds the locks of both. It can be stopped at any time, and goes on when it is called again. `tell` hears how many
/// of its captures are done.
///
/// Errors with [`ArchiveError::Damaged`] where a body, a text or a run of the other one is not what it was.
pub fn merge(archive: &Archive, other: &Archive, tell: &dyn Fn(u64, u64)) -> Result<Merged> {
    let theirs = other.reader()?;
    // Its first query fixes the moment.
    let total = {
        let begun = theirs.sql.execute_batch("BEGIN");
        begun.map_err(|e| other.error(e))?;
        theirs.ask(|sql| sql.query_row("SELECT count(*) FROM capture", [], |row| row.get::<_, i64>(0)))?
    };
    let mut merge = Merge {
        ours: archive.reader_beside(other)?,
        theirs,
        writer: archive.writer_beside(other)?,
        first_pages: FirstPages::default(),
        heads: Cache::new(WAITING),
        merged: Merged::default(),
        done: 0,
        total: total as u64,
        tell,
    };
    merge.addresses()?;
    merge.runs()?;
    merge.pages()?;
    merge.history()?;
    Ok(merge.merged)
}

impl Merge<'_> {
    fn addresses(&self) -> Result<()> {
        self.in_turn(
            "host",
            &["INSERT INTO host (name, registered_domain)
                 SELECT name, registered_domain FROM other.host WHERE id > ?1 AND id <= ?2 ORDER BY id
                 ON CONFLICT DO NOTHING"],
        )?;
        self.in_turn(
            "url",
            &["INSERT INTO url (url, lookup_key, host_id)
                 SELECT u.url, u.lookup_key, h.ours FROM other.url u CROSS JOIN host_of h ON h.theirs = u.host_id
                 WHERE u.id > ?1 AND u.id <= ?2 ORDER BY u.id ON CONFLICT DO NOTHING"],
        )
    }

    /// Statements that take rows of a table of theirs with ids above the one and up to the other, some at a time.
    fn in_turn(&self, table: &str, statements: &'static [&'static str]) -> Result<()> {
        let query = format!("SELECT min(id) - 1, max(id) FROM {table}");
        let (first, last): (Option<i64>, Option<i64>) = self
            .theirs
            .ask(|sql| sql.query_row(&query, [], |row| Ok((row.get(0)?, row.get(1)?))))?;
        let (Some(mut after), Some(last)) = (first, last) else {
            return Ok(());
        };
        while after < last {
            let until = last.min(after.saturating_add(ROWS));
            self.writer.call(move |ingest| {
                for statement in statements {
                    ingest.sql.prepare_cached(statement)?.execute(params![after, until])?;
                }
                Ok(())
            })?;
            after = until;
        }
        Ok(())
    }

    fn damaged(&self, why: String) -> ArchiveError {
        ArchiveError::Damaged {
            path: self.theirs.archive.path().into(),
            why,
        }
    }
}

impl Ingest<'_> {
    /// The row of ours that is the same as one of theirs.
    fn ours(&self, view: &str, theirs: i64) -> rusqlite::Result<i64> {
        self.sql
            .prepare_cached(&format!("SELECT ours FROM {view} WHERE theirs = ?"))?
            .query_row([theirs], |row| row.get(0))
    }
}

impl Reader {
    /// Whether a merge into this archive was stopped half way.
    pub fn is_half_merged(&self) -> Result<bool> {
        self.ask(|sql| {
            sql.query_row("SELECT EXISTS (SELECT 1 FROM run WHERE state = ?)", [MERGING], |row| {
                row.get(0)
            })
        })
    }
}

/// Opens another archive on the same connection as `other`, for reading, and makes the views by which its rows find
/// ours.
pub(super) fn attach(connection: &Connection, other: &Path) -> rusqlite::Result<()> {
    let uri = format!("file:{}?mode=ro", super::open::percent_encode_path(other));
    connection.execute("ATTACH ? AS other", [uri])?;
    connection.execute_batch(SAME)
}

/// In each, `theirs` and `ours` are the same thing.
const SAME: &str = "
    CREATE TEMP VIEW host_of AS SELECT o.id AS theirs, m.id AS ours
        FROM other.host o CROSS JOIN main.host m ON m.name = o.name;
    CREATE TEMP VIEW url_of AS SELECT o.id AS theirs, m.id AS ours
        FROM other.url o CROSS JOIN main.url m ON m.url = o.url;
    CREATE TEMP VIEW run_of AS SELECT o.id AS theirs, m.id AS ours
        FROM other.run o CROSS JOIN main.run m ON m.uid = o.uid;
    CREATE TEMP VIEW payload_of AS SELECT o.id AS theirs, m.id AS ours
        FROM other.payload o CROSS JOIN main.payload m ON m.sha256 = o.sha256;
    CREATE TEMP VIEW capture_of AS SELECT o.id AS theirs, m.id AS ours
        FROM other.capture o CROSS JOIN main.capture m ON m.uid = o.uid;
    CREATE TEMP VIEW version_of AS SELECT o.id AS theirs, m.id AS ours
        FROM other.page_version o CROSS JOIN payload_of p ON p.theirs = o.payload_id
        CROSS JOIN url_of u ON u.theirs = o.url_id
        CROSS JOIN main.page_version m ON m.payload_id = p.ours AND m.url_id = u.ours AND m.media_type = o.media_type
            AND m.charset = o.charset AND m.extractor_version = o.extractor_version;
    CREATE TEMP VIEW article_of AS SELECT o.id AS theirs,
            coalesce((SELECT m.id FROM main.article m WHERE m.uid = o.uid),
                (SELECT m.id FROM main.article m WHERE m.locator = o.locator)) AS ours
        FROM other.article o;
    CREATE TEMP VIEW citation_of AS SELECT o.id AS theirs, m.id AS ours
        FROM other.citation o CROSS JOIN url_of u ON u.theirs = o.url_id
        CROSS JOIN main.citation m ON m.article_id = (SELECT a.ours FROM article_of a WHERE a.theirs = o.article_id)
            AND m.url_id = u.ours AND m.fragment = o.fragment;
    CREATE TEMP VIEW baseline_of AS SELECT o.id AS theirs, m.id AS ours
        FROM other.baseline o CROSS JOIN citation_of i ON i.theirs = o.citation_id
        CROSS JOIN capture_of c ON c.theirs = o.capture_id
        CROSS JOIN main.baseline m ON m.citation_id = i.ours AND m.capture_id = c.ours AND m.chosen = o.chosen
            AND m.chosen_at = o.chosen_at;
    CREATE TEMP VIEW verdict_of AS SELECT o.id AS theirs, m.id AS ours
        FROM other.verdict o CROSS JOIN citation_of i ON i.theirs = o.citation_id
        CROSS JOIN capture_of c ON c.theirs = o.capture_id
        CROSS JOIN main.verdict m ON m.citation_id = i.ours AND m.capture_id = c.ours
            AND m.rules_version = o.rules_version AND coalesce(m.baseline_id, 0) =
                coalesce((SELECT min(b.ours) FROM baseline_of b WHERE b.theirs = o.baseline_id), 0);
";
