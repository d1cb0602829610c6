//! What hosts show where there is nothing.

use rusqlite::params;

use super::{
    Reader, Result,
    ingest::Ingest,
    read::{time, word},
};
use crate::model::{
    capture::{Capture, Purpose},
    sketch::{ErrorPage, Shown},
    time::Timestamp,
    url::{self, Url},
};

/// Error pages of one host looked at, at most.
const LOOKED_AT: usize = 6;

/// An error page as the archive has it: its body is yet to be read.
#[derive(Debug, Clone)]
pub struct SeenError {
    /// What is known of it without its body.
    pub page: ErrorPage,
    /// When it was seen.
    pub at: Timestamp,
    /// Row of the capture that has its body.
    pub last_capture: i64,
}

/// Whether an exchange shows what its host answers where there is nothing, and how that came about.
pub(super) fn shows_nothing(purpose: Purpose, last: &Capture) -> Option<Shown> {
    match (purpose, last.status) {
        (Purpose::Probe, Some(_)) => Some(Shown::Probe),
        (Purpose::Citation, Some(404 | 410)) => Some(Shown::Cited),
        _ => None,
    }
}

impl Ingest<'_> {
    /// Remembers what a host showed; the newest for each directory counts.
    pub(super) fn error_page(&mut self, shown: Shown, asked: Option<&Url>, capture: i64) -> rusqlite::Result<()> {
        let Some(asked) = asked.filter(|url| matches!(url.scheme(), "http" | "https")) else {
            return Ok(());
        };
        let host = self.host_id(url::host(asked))?;
        self.sql
            .prepare_cached(
                "INSERT INTO error_page (host_id, directory, shown, capture_id) VALUES (?, ?, ?, ?)
                 ON CONFLICT DO UPDATE SET capture_id = excluded.capture_id",
            )?
            .execute(params![host, url::directory(asked), shown.as_str(), capture])?;
        self.memory.marks.group("error_page", host);
        Ok(())
    }
}

impl Reader {
    /// What the host of an address showed where there is nothing: in its own directory, at the root, and
    /// then elsewhere; answers to addresses made up first.
    pub fn error_pages(&self, url: &Url) -> Result<Vec<SeenError>> {
        self.ask(|sql| {
            sql.prepare_cached(
                "SELECT e.shown, u.url, e.directory, w.url, l.id - c.id, l.status, c.at, l.id
                 FROM error_page e
                 CROSS JOIN capture c ON c.id = e.capture_id CROSS JOIN url u ON u.id = c.url_id
                 CROSS JOIN capture l ON l.id = c.last_id CROSS JOIN url w ON w.id = l.url_id
                 WHERE e.host_id = (SELECT id FROM host WHERE name = ?1)
                 ORDER BY e.shown = 'probe' DESC, e.directory = ?2 DESC, length(e.directory), c.id DESC LIMIT ?3",
            )?
            .query_map(params![url::host(url), url::directory(url), LOOKED_AT as i64], |row| {
                Ok(SeenError {
                    page: ErrorPage {
                        shown: word(row, 0)?,
                        url: row.get(1)?,
                        directory: row.get(2)?,
                        final_url: row.get(3)?,
                        redirects: row.get::<_, i64>(4)? as usize,
                        status: row.get(5)?,
                        sketch: None,
                    },
                    at: time(row, 6)?,
                    last_capture: row.get(7)?,
                })
            })?
            .collect()
        })
    }
}
