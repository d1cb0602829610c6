//! Lists that are watched, and which of their entries are articles already.

use rusqlite::params;

use super::{
    Reader, Result,
    ingest::Ingest,
    read::{time, word},
};
use crate::model::{
    canonical::CanonicalUrl,
    list::{ListKind, Watch},
    url::Url,
};

impl Reader {
    /// The lists that are watched, in the order they were taken in.
    pub fn watches(&self) -> Result<Vec<Watch>> {
        self.ask(|sql| {
            sql.prepare("SELECT locator, kind, title, base, dated, added_at, read_at, failure FROM watch ORDER BY id")?
                .query_map([], |row| {
                    Ok(Watch {
                        locator: row.get(0)?,
                        // A newer program may know more kinds; what is read decides anew each time.
                        kind: word(row, 1).unwrap_or(ListKind::Lines),
                        title: row.get(2)?,
                        base: row.get(3)?,
                        dated: row.get(4)?,
                        added_at: time(row, 5)?,
                        read_at: time(row, 6)?,
                        failure: row.get(7)?,
                    })
                })?
                .collect()
        })
    }

    /// Whether there is an article at this address, or was one before it was taken off the list.
    pub fn knows_article(&self, url: &Url) -> Result<bool> {
        self.ask(|sql| {
            sql.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM url u JOIN article a ON a.url_id = u.id
                     WHERE u.url IN (?1, ?2) OR u.lookup_key = ?2)",
            )?
            .query_row([url.as_str(), CanonicalUrl::of(url).as_str()], |row| row.get(0))
        })
    }
}

impl Ingest<'_> {
    /// Watches a list from now on, or notes what it was when it was read again.
    pub fn watch(&mut self, watch: &Watch) -> rusqlite::Result<()> {
        self.sql.execute(
            "INSERT INTO watch (locator, kind, title, base, dated, added_at, read_at, failure)
             VALUES (?, ?, ?, ?, ?, ?, ?, NULL)
             ON CONFLICT (locator) DO UPDATE SET kind = excluded.kind, title = excluded.title,
                 base = excluded.base, dated = excluded.dated, read_at = excluded.read_at, failure = NULL",
            params![
                watch.locator,
                watch.kind.as_str(),
                watch.title,
                watch.base,
                watch.dated,
                watch.added_at.millis(),
                watch.read_at.millis()
            ],
        )?;
        Ok(())
    }

    /// Notes that a watched list could not be read.
    pub fn watch_failed(&mut self, locator: &str, why: &str) -> rusqlite::Result<()> {
        self.sql
            .execute("UPDATE watch SET failure = ?2 WHERE locator = ?1", [locator, why])?;
        Ok(())
    }

    /// Watches a list no longer; the articles that came of it stay.
    pub fn unwatch(&mut self, locator: &str) -> rusqlite::Result<()> {
        self.sql.execute("DELETE FROM watch WHERE locator = ?", [locator])?;
        Ok(())
    }
}
