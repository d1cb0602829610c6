//! Writing: rows of `payload` and `blob`, and what a host's pages are stored against.

use rusqlite::{OptionalExtension, params};

use super::QUICK;
use crate::{
    archive::Ingest,
    model::{
        digest::PayloadDigest,
        run::{Base, EncodedBlob},
    },
};

impl Ingest<'_> {
    /// Stores bytes, once. Returns how many were added to the archive, and the row of the payload. With
    /// `for_host`, they become what pages of that host are stored against.
    pub(in crate::archive) fn payload(
        &mut self,
        digest: &PayloadDigest,
        length: u64,
        blob: &EncodedBlob,
        for_host: Option<i64>,
    ) -> rusqlite::Result<(u64, i64)> {
        let held: Option<(i64, i64)> = self
            .sql
            .prepare_cached("SELECT id, blob_id FROM payload WHERE sha256 = ? AND blob_id IS NOT NULL")?
            .query_row([digest.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (stored, payload, blob_id) = match held {
            // Another exchange brought the same bytes while ours were on their way.
            Some((payload, blob_id)) => {
                if for_host.is_some() {
                    self.stand_alone(blob_id, blob)?;
                }
                (0, payload, blob_id)
            }
            None => {
                let blob_id = self.blob_at(blob, QUICK)?;
                let payload = self
                    .sql
                    .prepare_cached(
                        "INSERT INTO payload (sha256, length, blob_id) VALUES (?1, ?2, ?3)
                         ON CONFLICT (sha256) DO UPDATE SET blob_id = excluded.blob_id, pruned_at = NULL RETURNING id",
                    )?
                    .query_row(params![digest.0, length as i64, blob_id], |row| row.get(0))?;
                (blob.data.len() as u64, payload, blob_id)
            }
        };
        if let Some(host) = for_host {
            self.sql
                .prepare_cached("INSERT INTO host_base (host_id, blob_id) VALUES (?, ?) ON CONFLICT DO NOTHING")?
                .execute([host, blob_id])?;
        }
        Ok((stored, payload))
    }

    /// A row for bytes encoded at a level.
    pub(super) fn blob_at(&mut self, blob: &EncodedBlob, level: i32) -> rusqlite::Result<i64> {
        let base: Option<i64> = match blob.base {
            None => None,
            Some(Base::Blob(id)) => Some(id),
            Some(Base::Payload(digest)) => Some(
                self.sql
                    .prepare_cached("SELECT blob_id FROM payload WHERE sha256 = ?")?
                    .query_row([digest.0], |row| row.get(0))?,
            ),
        };
        let depth: u32 = match base {
            None => 0,
            Some(base) => self
                .sql
                .prepare_cached("SELECT depth + 1 FROM blob WHERE id = ?")?
                .query_row([base], |row| row.get(0))?,
        };
        self.sql
            .prepare_cached("INSERT INTO blob (codec, base_id, depth, level, data) VALUES (?, ?, ?, ?, ?)")?
            .execute(params![blob.codec.as_str(), base, depth, level, blob.data])?;
        Ok(self.sql.last_insert_rowid())
    }

    /// Puts bytes that stand alone in the place of a difference that decodes to the same: whoever sent them has
    /// others stored against them as such. What is stored against the blob may keep its depth: it is only less.
    fn stand_alone(&mut self, blob_id: i64, blob: &EncodedBlob) -> rusqlite::Result<()> {
        self.sql
            .prepare_cached(
                "UPDATE blob SET codec = ?2, base_id = NULL, depth = 0, level = ?3, data = ?4
                 WHERE id = ?1 AND base_id IS NOT NULL",
            )?
            .execute(params![blob_id, blob.codec.as_str(), QUICK, blob.data])?;
        Ok(())
    }
}
