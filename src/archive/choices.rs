//! What users decide and note: which copy a link is held against, and words of their own beside an address.

use rusqlite::{OptionalExtension, params};

use super::{Copy, Reader, Result, ingest::Ingest};
use crate::model::{
    time::Timestamp,
    url::{self, Url},
    verdict::Chosen,
};

impl Reader {
    /// What was noted of an address, oldest first, with the time.
    pub fn notes(&self, url: &Url) -> Result<Vec<(Timestamp, String)>> {
        self.ask(|sql| {
            sql.prepare_cached(
                "SELECT n.at, n.text FROM note n WHERE n.url_id = (SELECT id FROM url WHERE url = ?)
                     AND n.removed_at IS NULL ORDER BY n.at, n.id",
            )?
            .query_map([url.as_str()], |row| Ok((super::read::time(row, 0)?, row.get(1)?)))?
            .collect()
        })
    }

    /// Whether the archive knows an address at all.
    pub fn knows(&self, url: &Url) -> Result<bool> {
        self.ask(|sql| {
            sql.query_row(
                "SELECT EXISTS (SELECT 1 FROM url WHERE url = ?)",
                [url.as_str()],
                |row| row.get(0),
            )
        })
    }
}

impl Ingest<'_> {
    /// Makes a copy what these citations are held against, from now on. Returns those that were held against another.
    pub fn choose(
        &mut self,
        citations: &[i64],
        copy: &Copy,
        chosen: Chosen,
        at: Timestamp,
    ) -> rusqlite::Result<Vec<i64>> {
        let mut changed = Vec::new();
        for citation in citations {
            let held: Option<i64> = self
                .sql
                .prepare_cached(
                    "SELECT capture_id FROM baseline WHERE citation_id = ? ORDER BY chosen_at DESC, id DESC LIMIT 1",
                )?
                .query_row([citation], |row| row.get(0))
                .optional()?;
            if held == Some(copy.chain.0) {
                continue;
            }
            self.sql
                .prepare_cached(
                    "INSERT INTO baseline (citation_id, capture_id, chosen, chosen_at) VALUES (?, ?, ?, ?)",
                )?
                .execute(params![citation, copy.chain.0, chosen.as_str(), at.millis()])?;
            changed.push(*citation);
        }
        Ok(changed)
    }

    /// Notes something of an address, which need not be known yet.
    pub fn note(&mut self, url: &Url, text: &str, at: Timestamp) -> rusqlite::Result<()> {
        let url = self.url_id(url)?;
        self.sql.execute(
            "INSERT INTO note (url_id, at, text) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            params![url, at.millis(), url::without_userinfo(text)],
        )?;
        Ok(())
    }

    /// Takes what was noted of an address off; returns how many notes that were.
    pub fn unnote(&mut self, url: &Url, at: Timestamp) -> rusqlite::Result<usize> {
        self.sql.execute(
            "UPDATE note SET removed_at = ?2 WHERE removed_at IS NULL AND url_id = (SELECT id FROM url WHERE url = ?1)",
            params![url.as_str(), at.millis()],
        )
    }
}
