//! The source side of citations: which of them an article has, and what was done to the others.

use std::collections::HashSet;

use rusqlite::{OptionalExtension, params};

use super::ingest::Ingest;
use crate::model::{
    link::{Place, Role},
    revision::{self, Edit, Mention, SourceEvent},
    time::Timestamp,
};

/// A version of an article that was read.
pub(super) struct Read {
    pub run_id: i64,
    pub article_id: i64,
    /// The version read before it, if any.
    pub known: Option<i64>,
    pub version: i64,
    pub at: Timestamp,
}

/// Address and fragment: what tells the citations of an article apart.
type Cited = (i64, String);

impl Ingest<'_> {
    /// Brings the citations of an article in line with a version of it, and keeps what was done to them.
    pub(super) fn sync_citations(&mut self, read: Read) -> rusqlite::Result<()> {
        let cite = Role::Cite.code();
        let back = self.coming_back(&read)?;
        self.sql.execute(
            "INSERT INTO citation (article_id, url_id, fragment, state, first_seen_at)
             SELECT DISTINCT ?1, target_id, coalesce(fragment, ''), 'present', ?3
             FROM link WHERE page_version_id = ?2 AND target_id IS NOT NULL AND role = ?4
             ON CONFLICT (article_id, url_id, fragment) DO UPDATE SET state = 'present', removed_at = NULL
             WHERE state <> 'present'",
            params![read.article_id, read.version, read.at.millis(), cite],
        )?;
        self.sql.execute(
            "UPDATE citation SET state = 'removed', removed_at = ?3
             WHERE article_id = ?1 AND state = 'present' AND (url_id, fragment) NOT IN
                 (SELECT target_id, coalesce(fragment, '') FROM link
                  WHERE page_version_id = ?2 AND target_id IS NOT NULL AND role = ?4)",
            params![read.article_id, read.version, read.at.millis(), cite],
        )?;
        self.sql.execute(
            "UPDATE article SET page_version_id = ?2 WHERE id = ?1",
            params![read.article_id, read.version],
        )?;
        match read.known {
            Some(known) if self.tell_of_the_author(known, read.version)? => self.keep_edits(&read, known, back),
            _ => Ok(()),
        }
    }

    /// Citations that were gone and stand in this version again.
    fn coming_back(&mut self, read: &Read) -> rusqlite::Result<HashSet<i64>> {
        self.sql
            .prepare_cached(
                "SELECT id FROM citation WHERE article_id = ?1 AND state <> 'present' AND (url_id, fragment) IN
                     (SELECT target_id, coalesce(fragment, '') FROM link
                      WHERE page_version_id = ?2 AND target_id IS NOT NULL AND role = ?3)",
            )?
            .query_map(params![read.article_id, read.version, Role::Cite.code()], |row| {
                row.get(0)
            })?
            .collect()
    }

    /// Whether what differs between two versions is the author's doing: other bytes, read by the same rules.
    fn tell_of_the_author(&mut self, known: i64, version: i64) -> rusqlite::Result<bool> {
        self.sql
            .prepare_cached(
                "SELECT o.payload_id <> n.payload_id AND o.extractor_version = n.extractor_version
                     AND o.every_link AND n.every_link
                 FROM page_version o, page_version n WHERE o.id = ?1 AND n.id = ?2",
            )?
            .query_row([known, version], |row| row.get(0))
    }

    fn keep_edits(&mut self, read: &Read, known: i64, mut back: HashSet<i64>) -> rusqlite::Result<()> {
        let edits = revision::edits(&self.mentions(known)?, &self.mentions(read.version)?);
        if edits.is_empty() {
            return Ok(());
        }
        let since = self.read_before(read)?;
        for edit in edits {
            let citation = self.citation_id(read.article_id, &edit.target)?;
            let now = match &edit.now {
                Some(now) => Some(self.citation_id(read.article_id, now)?),
                None => None,
            };
            let what = match edit.what {
                SourceEvent::Added if back.remove(&citation) => SourceEvent::Restored,
                what => what,
            };
            self.event(read, since, citation, what, now, &edit)?;
            if let Some(now) = now {
                self.sql
                    .prepare_cached("UPDATE citation SET state = 'retargeted' WHERE id = ? AND state = 'removed'")?
                    .execute([citation])?;
                if back.remove(&now) {
                    self.event(read, since, now, SourceEvent::Restored, None, &edit)?;
                }
            }
        }
        Ok(())
    }

    fn event(
        &mut self,
        read: &Read,
        since: Option<i64>,
        citation: i64,
        what: SourceEvent,
        now: Option<i64>,
        edit: &Edit<Cited>,
    ) -> rusqlite::Result<()> {
        let before = edit.anchor_before.as_ref().filter(|_| what != SourceEvent::Restored);
        self.sql
            .prepare_cached(
                "INSERT INTO citation_event (citation_id, run_id, page_version_id, at, since, what, place,
                     anchor_before, anchor_after, now_id)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                citation,
                read.run_id,
                read.version,
                read.at.millis(),
                since,
                what.as_str(),
                edit.place.code(),
                before,
                edit.anchor_after,
                now,
            ])?;
        Ok(())
    }

    /// When the article was last read before this run.
    fn read_before(&mut self, read: &Read) -> rusqlite::Result<Option<i64>> {
        self.sql
            .prepare_cached(
                "SELECT c.at FROM article a JOIN capture c ON c.url_id = a.url_id JOIN capture f ON f.id = c.last_id
                 WHERE a.id = ?1 AND c.run_id < ?2 AND c.purpose = 'article' AND c.via_id IS NULL
                   AND f.transport = 'ok' AND f.access = 'open' AND f.payload_id IS NOT NULL
                   AND (f.status IS NULL OR f.status = 304 OR f.status BETWEEN 200 AND 299)
                 ORDER BY c.at DESC LIMIT 1",
            )?
            .query_row([read.article_id, read.run_id], |row| row.get(0))
            .optional()
    }

    fn citation_id(&mut self, article_id: i64, cited: &Cited) -> rusqlite::Result<i64> {
        self.sql
            .prepare_cached("SELECT id FROM citation WHERE article_id = ? AND url_id = ? AND fragment = ?")?
            .query_row(params![article_id, cited.0, cited.1], |row| row.get(0))
    }

    /// The citing links of a version of an article, in document order.
    fn mentions(&mut self, version: i64) -> rusqlite::Result<Vec<Mention<Cited>>> {
        self.sql
            .prepare_cached(
                "SELECT l.target_id, coalesce(l.fragment, ''), l.anchor, o.section, l.place
                 FROM link l LEFT JOIN occurrence o USING (page_version_id, ordinal)
                 WHERE l.page_version_id = ?1 AND l.target_id IS NOT NULL AND l.role = ?2 ORDER BY l.ordinal",
            )?
            .query_map(params![version, Role::Cite.code()], |row| {
                Ok(Mention {
                    target: (row.get(0)?, row.get(1)?),
                    anchor: row.get(2)?,
                    section: row.get(3)?,
                    place: Place::of_code(row.get(4)?),
                })
            })?
            .collect()
    }
}
