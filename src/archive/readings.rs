//! Up to where readers of reports have read. A mark is written by the reader's own process, beside a run that may be
//! writing: it is one row in one transaction, for which SQLite makes the two wait for each other.

use rusqlite::{OptionalExtension, params};

use super::{Reader, Result, ingest::Ingest, read::time};
use crate::model::time::Timestamp;

/// Up to where a ledger was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadMark {
    /// When it was read.
    pub at: Timestamp,
    /// The newest verdict there was, by its row: verdicts of a run that is merged in later come after it, whatever
    /// their time. 0 where there was none.
    pub(super) verdict: i64,
    /// The newest change in an article, as well.
    pub(super) event: i64,
}

/// Who reads, and of which article; `None`: of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportReader {
    /// A name that the reader goes by.
    pub name: String,
    /// Row of the article.
    pub article: Option<i64>,
}

impl Reader {
    /// The mark that a reader has now who reads everything there is.
    pub fn mark_now(&self, now: Timestamp) -> Result<ReadMark> {
        self.ask(|sql| {
            sql.query_row(
                "SELECT (SELECT coalesce(max(id), 0) FROM verdict), (SELECT coalesce(max(id), 0) FROM citation_event)",
                [],
                |row| {
                    Ok(ReadMark {
                        at: now,
                        verdict: row.get(0)?,
                        event: row.get(1)?,
                    })
                },
            )
        })
    }

    /// Up to where a reader has read; `None` for one who never did.
    pub fn mark_of(&self, reader: &ReportReader) -> Result<Option<ReadMark>> {
        self.ask(|sql| {
            sql.query_row(
                "SELECT read_at, verdict_id, event_id FROM report_reading WHERE reader = ? AND article_id IS ?",
                params![reader.name, reader.article],
                |row| {
                    Ok(ReadMark {
                        at: time(row, 0)?,
                        verdict: row.get(1)?,
                        event: row.get(2)?,
                    })
                },
            )
            .optional()
        })
    }
}

impl Ingest<'_> {
    /// Notes up to where a reader has read. Of two at once the one that read further counts.
    pub fn has_read(&mut self, reader: &ReportReader, mark: ReadMark) -> rusqlite::Result<()> {
        self.sql.execute(
            "INSERT INTO report_reading (reader, article_id, read_at, verdict_id, event_id) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (reader, coalesce(article_id, 0)) DO UPDATE SET
                 read_at = max(read_at, excluded.read_at), verdict_id = max(verdict_id, excluded.verdict_id),
                 event_id = max(event_id, excluded.event_id)",
            params![reader.name, reader.article, mark.at.millis(), mark.verdict, mark.event],
        )?;
        Ok(())
    }
}
