//! Blocks of pages that were seen to change by themselves.

use rusqlite::{OptionalExtension, params};

use super::{Reader, Result, blob::QUICK, ingest::Ingest};
use crate::model::{page::EXTRACTOR_VERSION, run::PackedPage, url::Url};

impl Reader {
    /// Whether anything was ever learned.
    pub fn knows_volatile(&self) -> Result<bool> {
        self.ask(|sql| sql.query_row("SELECT EXISTS (SELECT 1 FROM volatile_block)", [], |row| row.get(0)))
    }

    /// The blocks of the page at an address that change by themselves, sorted.
    pub fn volatile(&self, url: &Url) -> Result<Vec<u64>> {
        let mut found: Vec<u64> = self.ask(|sql| {
            sql.prepare_cached(
                "SELECT signature FROM volatile_block WHERE url_id = (SELECT id FROM url WHERE url = ?)",
            )?
            .query_map([url.as_str()], |row| {
                row.get::<_, i64>(0).map(|signature| signature as u64)
            })?
            .collect::<rusqlite::Result<_>>()
        })?;
        found.sort_unstable();
        Ok(found)
    }

    /// Whether a capture came without anything by which an unchanged page could be recognised.
    pub fn is_weakly_validated(&self, capture: i64) -> Result<bool> {
        self.ask(|sql| {
            sql.prepare_cached(
                "SELECT (etag IS NULL OR etag LIKE 'W/%') AND last_modified IS NULL FROM capture WHERE id = ?",
            )?
            .query_row([capture], |row| row.get(0))
        })
    }

    /// The capture of a second look at an address in a run, where it brought a page.
    pub fn second_look(&self, run_id: i64, url: &Url) -> Result<Option<i64>> {
        self.ask(|sql| {
            sql.prepare_cached(
                "SELECT c.id FROM capture c INDEXED BY capture_by_run
                 WHERE c.run_id = ?1 AND c.url_id = (SELECT id FROM url WHERE url = ?2) AND c.purpose = 'volatile'
                     AND c.last_id = c.id AND c.via_id IS NULL AND c.transport = 'ok' AND c.access = 'open'
                     AND c.status BETWEEN 200 AND 299 ORDER BY c.id DESC LIMIT 1",
            )?
            .query_row(params![run_id, url.as_str()], |row| row.get(0))
            .optional()
        })
    }
}

impl Ingest<'_> {
    /// Keeps what was learned of the page that a capture brought, and reads that page anew without it.
    pub fn learned(&mut self, capture: i64, signatures: &[u64], packed: PackedPage) -> rusqlite::Result<()> {
        let (version, url): (i64, i64) = self.sql.query_row(
            "SELECT v.id, c.url_id FROM capture c JOIN page_version v ON v.payload_id = c.payload_id
                 AND v.url_id = c.url_id AND v.media_type = coalesce(c.media_type, '')
                 AND v.charset = coalesce(c.charset, '') AND v.extractor_version = ?2 WHERE c.id = ?1",
            params![capture, EXTRACTOR_VERSION],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        for signature in signatures {
            self.sql
                .prepare_cached("INSERT INTO volatile_block (url_id, signature) VALUES (?, ?) ON CONFLICT DO NOTHING")?
                .execute(params![url, *signature as i64])?;
        }
        self.memory.marks.group("volatile_block", url);
        let PackedPage { page, text, .. } = packed;
        self.sql.execute(
            "UPDATE page_version SET document_sha256 = ?2, text_sha256 = ?3, text_length = ?4 WHERE id = ?1",
            params![version, page.document.0, page.text_digest.0, page.text.len() as i64],
        )?;
        if let Some(text) = text {
            self.sql.execute(
                "UPDATE page_text SET base = ?2, level = ?3, data = ?4 WHERE page_version_id = ?1",
                params![version, text.on_body, QUICK, text.data],
            )?;
            self.sql.execute("DELETE FROM page_search WHERE rowid = ?", [version])?;
            self.make_searchable(version, page)?;
        }
        Ok(())
    }
}
