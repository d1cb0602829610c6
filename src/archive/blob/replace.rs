//! Putting another encoding of the same bytes in the place of one, in the writer's transaction.

use rusqlite::{OptionalExtension, params};

use super::{DEPTH_MAX, Prefix};
use crate::{
    archive::Ingest,
    model::run::{Base, EncodedBlob},
};

/// Something encoded again, proved to decode to the same bytes.
pub(in crate::archive) enum Replacement {
    Body {
        blob_id: i64,
        level: i32,
        blob: EncodedBlob,
        /// For what others are to be stored against, which has to stand alone.
        even_if_larger: bool,
    },
    Text {
        page_version: i64,
        level: i32,
        prefix: Prefix,
        data: Vec<u8>,
    },
}

impl Replacement {
    /// Bytes that wait.
    pub fn weight(&self) -> usize {
        match self {
            Self::Body { blob, .. } => blob.data.len(),
            Self::Text { data, .. } => data.len(),
        }
    }
}

/// What came of replacements.
pub(in crate::archive) struct Replaced {
    /// How many were put in.
    pub smaller: u64,
}

impl Ingest<'_> {
    /// Puts in what is smaller, and remembers of the rest that it was tried.
    pub(in crate::archive) fn replace(&mut self, replacements: &[Replacement]) -> rusqlite::Result<Replaced> {
        let mut smaller = 0;
        for replacement in replacements {
            smaller += u64::from(match replacement {
                Replacement::Body {
                    blob_id,
                    level,
                    blob,
                    even_if_larger,
                } => self.replace_body(*blob_id, *level, blob, *even_if_larger)?,
                Replacement::Text {
                    page_version,
                    level,
                    prefix,
                    data,
                } => self.replace_text(*page_version, *level, *prefix, data)?,
            });
        }
        Ok(Replaced { smaller })
    }

    fn replace_body(
        &mut self,
        id: i64,
        level: i32,
        blob: &EncodedBlob,
        even_if_larger: bool,
    ) -> rusqlite::Result<bool> {
        let (length, depth): (i64, u32) = self
            .sql
            .prepare_cached("SELECT length(data), depth FROM blob WHERE id = ?")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let is_better = even_if_larger || (blob.data.len() as i64) < length;
        let base = match blob.base {
            Some(Base::Blob(base)) => Some(base),
            _ => None,
        };
        let new_depth = match is_better {
            true => self.depth_on(id, base)?,
            false => None,
        };
        let fits = match new_depth {
            Some(new) if new > depth => self.move_down(id, new)?,
            found => found.is_some(),
        };
        let (Some(new_depth), true) = (new_depth, fits) else {
            self.sql
                .prepare_cached("UPDATE blob SET level = max(level, ?2) WHERE id = ?1")?
                .execute(params![id, level])?;
            return Ok(false);
        };
        self.sql
            .prepare_cached(
                "UPDATE blob SET codec = ?2, base_id = ?3, depth = ?4, level = ?5, data = ?6 WHERE id = ?1",
            )?
            .execute(params![id, blob.codec.as_str(), base, new_depth, level, blob.data])?;
        Ok(true)
    }

    /// How deep a blob would be on a base, by a walk along the chain; `None` when that leads back to it, or is
    /// too long.
    fn depth_on(&self, id: i64, base: Option<i64>) -> rusqlite::Result<Option<u32>> {
        let (mut depth, mut next) = (0, base);
        while let Some(base) = next {
            depth += 1;
            if base == id || depth > DEPTH_MAX {
                return Ok(None);
            }
            next = self
                .sql
                .prepare_cached("SELECT base_id FROM blob WHERE id = ?")?
                .query_row([base], |row| row.get(0))
                .optional()?
                .flatten();
        }
        Ok(Some(depth))
    }

    /// Lets everything that is stored against a blob know that it becomes deeper. False, and nothing done, when
    /// something would become too deep.
    fn move_down(&mut self, id: i64, depth: u32) -> rusqlite::Result<bool> {
        const ABOVE: &str = "WITH RECURSIVE above (id, depth) AS (
             SELECT ?1, ?2 UNION ALL SELECT b.id, a.depth + 1 FROM above a JOIN blob b ON b.base_id = a.id)";
        let deepest: u32 = self
            .sql
            .prepare_cached(&format!("{ABOVE} SELECT max(depth) FROM above"))?
            .query_row(params![id, depth], |row| row.get(0))?;
        if deepest > DEPTH_MAX {
            return Ok(false);
        }
        self.sql
            .prepare_cached(&format!(
                "{ABOVE} UPDATE blob SET depth = above.depth FROM above WHERE above.id = blob.id AND blob.id <> ?1"
            ))?
            .execute(params![id, depth])?;
        Ok(true)
    }

    fn replace_text(&mut self, page_version: i64, level: i32, prefix: Prefix, data: &[u8]) -> rusqlite::Result<bool> {
        let replaced = self
            .sql
            .prepare_cached(
                "UPDATE page_text SET base = ?3, data = ?4, level = ?2
                 WHERE page_version_id = ?1 AND length(data) > length(?4)",
            )?
            .execute(params![page_version, level, prefix.code(), data])?;
        if replaced == 0 {
            self.sql
                .prepare_cached("UPDATE page_text SET level = max(level, ?2) WHERE page_version_id = ?1")?
                .execute(params![page_version, level])?;
        }
        Ok(replaced > 0)
    }

    pub(in crate::archive) fn set_host_base(&mut self, host: i64, blob: i64) -> rusqlite::Result<()> {
        self.sql
            .execute("UPDATE host_base SET blob_id = ?2 WHERE host_id = ?1", [host, blob])?;
        Ok(())
    }

    /// Merges segments of the full-text index, about so many pages of the file; false when nothing is left to do.
    pub(in crate::archive) fn merge_search(&mut self, pages: i64) -> rusqlite::Result<bool> {
        let before: i64 = self.sql.query_row("SELECT total_changes()", [], |row| row.get(0))?;
        self.sql.execute(
            "INSERT INTO page_search (page_search, rank) VALUES ('merge', ?)",
            [-pages],
        )?;
        let after: i64 = self.sql.query_row("SELECT total_changes()", [], |row| row.get(0))?;
        // FTS5's own sign: the command itself counts as one change.
        Ok(after - before >= 2)
    }

    /// Gives pages that are not in use back to the file system; false when there are no more.
    pub(in crate::archive) fn free_pages(&mut self, pages: i64) -> rusqlite::Result<bool> {
        let mut statement = self.sql.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
        let left: i64 = self.sql.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
        Ok(left > 0)
    }
}
