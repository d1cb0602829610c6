//! Page versions with their links and texts, and what is known of hosts and pages.

use rusqlite::{OptionalExtension, params};

use super::{Merge, WAITING};
use crate::archive::{
    Reader, Result,
    blob::{Prefix, QUICK, StoredText},
    ingest::Ingest,
};

/// Versions in one transaction, at most.
const VERSIONS: i64 = 64;

/// A version of theirs that is to be taken, or has more than ours.
struct Taken {
    theirs: i64,
    /// Title and main text, where the text is kept.
    text: Option<(String, String)>,
    /// Where their texts are stored against what is not here: the same texts without that, as a row has them.
    alone: Option<(Prefix, Vec<u8>)>,
}

impl Merge<'_> {
    pub(super) fn pages(&mut self) -> Result<()> {
        let mut after = i64::MIN;
        loop {
            let found = self.lacking_versions(after)?;
            if found.is_empty() {
                break;
            }
            let (mut waiting, mut bytes) = (Vec::new(), 0);
            for (theirs, title) in found {
                after = theirs;
                let text = self.theirs.text_if_kept(theirs)?.map(|text| (title, text));
                bytes += text.as_ref().map_or(0, |(title, text)| title.len() + text.len());
                let alone = self.theirs.without_text_base(theirs)?;
                waiting.push(Taken { theirs, text, alone });
                if bytes >= WAITING {
                    let taken = std::mem::take(&mut waiting);
                    self.writer.call(move |ingest| ingest.take_versions(taken))?;
                    bytes = 0;
                }
            }
            self.writer.call(move |ingest| ingest.take_versions(waiting))?;
        }
        self.writer.call(|ingest| ingest.take_volatile_blocks())?;
        self.writer.call(|ingest| ingest.take_error_pages())?;
        self.in_turn(
            "host",
            &[
                "INSERT INTO host_state (host_id, not_before, backoff, response_ms, crawl_delay_ms, failures, updated_at)
                 SELECT h.ours, s.not_before, s.backoff, s.response_ms, s.crawl_delay_ms, s.failures, s.updated_at
                 FROM other.host_state s CROSS JOIN host_of h ON h.theirs = s.host_id
                 WHERE s.host_id > ?1 AND s.host_id <= ?2 ORDER BY s.host_id
                 ON CONFLICT (host_id) DO UPDATE SET not_before = excluded.not_before, backoff = excluded.backoff,
                     response_ms = excluded.response_ms, crawl_delay_ms = excluded.crawl_delay_ms,
                     failures = excluded.failures, updated_at = excluded.updated_at
                 WHERE excluded.updated_at > updated_at",
            ],
        )
    }

    /// Versions that are not here, or are here with fewer links or without their text.
    fn lacking_versions(&self, after: i64) -> Result<Vec<(i64, String)>> {
        self.ours.ask(|sql| {
            sql.prepare_cached(
                "SELECT o.id, o.title FROM other.page_version o WHERE o.id > ?1 AND NOT EXISTS (
                     SELECT 1 FROM version_of v CROSS JOIN main.page_version m ON m.id = v.ours
                     WHERE v.theirs = o.id AND m.every_link >= o.every_link
                         AND (m.text_sha256 <> o.text_sha256
                             OR EXISTS (SELECT 1 FROM main.page_text t WHERE t.page_version_id = m.id)
                             OR NOT EXISTS (SELECT 1 FROM other.page_text t WHERE t.page_version_id = o.id)))
                 ORDER BY o.id LIMIT ?2",
            )?
            .query_map([after, VERSIONS], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect()
        })
    }
}

impl Reader {
    /// The texts of a version that are stored against its address's text base, without that.
    fn without_text_base(&self, page_version: i64) -> Result<Option<(Prefix, Vec<u8>)>> {
        let columns = StoredText::COLUMNS;
        let stored = self.ask(|sql| {
            sql.prepare_cached(&format!(
                "SELECT {columns} FROM page_text t JOIN page_version v ON v.id = t.page_version_id
                 WHERE t.page_version_id = ? AND t.base & 2"
            ))?
            .query_row([page_version], StoredText::read)
            .optional()
        })?;
        let Some(stored) = stored else { return Ok(None) };
        let texts = self.texts(page_version, &stored)?;
        let prefix = Prefix {
            base: false,
            ..stored.prefix
        };
        Ok(Some((prefix, self.encode_text(&stored, prefix, &texts, QUICK)?)))
    }
}

impl Ingest<'_> {
    fn take_versions(&mut self, taken: Vec<Taken>) -> rusqlite::Result<()> {
        for one in taken {
            self.take_version(one)?;
        }
        Ok(())
    }

    fn take_version(&mut self, Taken { theirs, text, alone }: Taken) -> rusqlite::Result<()> {
        let is_new = self
            .sql
            .prepare_cached(
                "INSERT INTO page_version (payload_id, url_id, media_type, charset, extractor_version, kind, read_as, title,
                     byline, language, published, canonical, document_sha256, text_sha256, text_length, cut, shell,
                     every_link)
                 SELECT p.ours, u.ours, o.media_type, o.charset, o.extractor_version, o.kind, o.read_as, o.title,
                     o.byline, o.language, o.published, o.canonical, o.document_sha256, o.text_sha256, o.text_length,
                     o.cut, o.shell, o.every_link
                 FROM other.page_version o CROSS JOIN payload_of p ON p.theirs = o.payload_id
                 CROSS JOIN url_of u ON u.theirs = o.url_id WHERE o.id = ?1 ON CONFLICT DO NOTHING",
            )?
            .execute([theirs])?
            == 1;
        // Of a body that no capture here brought.
        let Some(ours) = self.ours("version_of", theirs).optional()? else {
            return Ok(());
        };
        // Where volatile blocks were learned the same bytes may read otherwise: then ours stays.
        let text_added = self
            .sql
            .prepare_cached(
                "INSERT INTO page_text (page_version_id, base, level, data)
                 SELECT m.id, coalesce(?3, t.base), iif(?3 IS NULL, t.level, ?5), coalesce(?4, t.data)
                 FROM other.page_version o
                 JOIN other.page_text t ON t.page_version_id = o.id
                 JOIN main.page_version m ON m.id = ?2 AND m.text_sha256 = o.text_sha256
                 WHERE o.id = ?1 ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                theirs,
                ours,
                alone.as_ref().map(|(prefix, _)| prefix.code()),
                alone.map(|(_, data)| data),
                QUICK
            ])?
            == 1;
        let (more, all): (bool, bool) = self
            .sql
            .prepare_cached(
                "SELECT o.every_link > m.every_link, m.every_link FROM other.page_version o, main.page_version m
                 WHERE o.id = ?1 AND m.id = ?2",
            )?
            .query_row([theirs, ours], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if more {
            self.unlink(ours)?;
        }
        if is_new || more || (text_added && !all) {
            self.take_links(theirs, ours)?;
        }
        match text.filter(|_| text_added) {
            Some((title, text)) => self.searchable(ours, title, text),
            None => Ok(()),
        }
    }

    fn take_links(&mut self, theirs: i64, ours: i64) -> rusqlite::Result<()> {
        for table in ["link", "occurrence"] {
            self.memory.marks.group(table, ours);
        }
        for copy in [
            "INSERT INTO link (page_version_id, ordinal, target_id, fragment, role, place, rel, anchor)
             SELECT ?2, l.ordinal, (SELECT ours FROM url_of WHERE theirs = l.target_id), l.fragment, l.role, l.place,
                 l.rel, l.anchor
             FROM other.link l
             WHERE l.page_version_id = (SELECT coalesce(links_of, id) FROM other.page_version WHERE id = ?1)
             ON CONFLICT DO NOTHING",
            "INSERT INTO occurrence (page_version_id, ordinal, raw, skip, section, span_start, span_end, line, column,
                 quotes)
             SELECT ?2, ordinal, raw, skip, section, span_start, span_end, line, column, quotes
             FROM other.occurrence WHERE page_version_id = ?1 ON CONFLICT DO NOTHING",
        ] {
            self.sql.prepare_cached(copy)?.execute([theirs, ours])?;
        }
        Ok(())
    }

    fn take_volatile_blocks(&mut self) -> rusqlite::Result<()> {
        let mut statement = self.sql.prepare(
            "SELECT u.ours, b.signature FROM other.volatile_block b CROSS JOIN url_of u ON u.theirs = b.url_id",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (url, signature): (i64, i64) = (row.get(0)?, row.get(1)?);
            self.memory.marks.group("volatile_block", url);
            self.sql
                .prepare_cached("INSERT INTO volatile_block (url_id, signature) VALUES (?, ?) ON CONFLICT DO NOTHING")?
                .execute([url, signature])?;
        }
        Ok(())
    }

    /// The newest for each directory counts.
    fn take_error_pages(&mut self) -> rusqlite::Result<()> {
        let mut statement = self.sql.prepare(
            "SELECT h.ours, e.directory, e.shown, c.ours FROM other.error_page e
             CROSS JOIN host_of h ON h.theirs = e.host_id CROSS JOIN capture_of c ON c.theirs = e.capture_id",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (host, directory, shown, capture): (i64, String, String, i64) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            self.memory.marks.group("error_page", host);
            self.sql
                .prepare_cached(
                    "INSERT INTO error_page (host_id, directory, shown, capture_id) VALUES (?, ?, ?, ?)
                     ON CONFLICT DO UPDATE SET capture_id = excluded.capture_id
                     WHERE (SELECT at FROM capture WHERE id = excluded.capture_id)
                         > (SELECT at FROM capture WHERE id = error_page.capture_id)",
                )?
                .execute(params![host, directory, shown, capture])?;
        }
        Ok(())
    }
}
