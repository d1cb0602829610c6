//! Reading: a blob along the chain of its bases.

use std::{io, sync::Arc};

use rusqlite::OptionalExtension;

use super::{DEPTH_MAX, decompress, frame_length};
use crate::{
    archive::{ArchiveError, Reader, Result, fixity::is_damage},
    model::{digest::PayloadDigest, run::Codec},
};

/// A row of `blob`.
struct Stored {
    id: i64,
    codec: String,
    base: Option<i64>,
    data: Vec<u8>,
}

/// A blob that cannot be decoded.
pub(in crate::archive) struct Lost {
    /// Which of a chain.
    pub blob: i64,
    /// In words.
    pub why: String,
}

impl Reader {
    /// The decoded bytes of a payload; empty when the site asked not to keep it, or they were pruned. What was
    /// stored is held against its SHA-256: wrong bytes are never returned.
    pub fn payload(&self, payload_id: i64) -> Result<Vec<u8>> {
        let bytes = self.payload_shared(payload_id)?;
        Ok(Arc::try_unwrap(bytes).unwrap_or_else(|shared| shared.as_ref().clone()))
    }

    pub(in crate::archive) fn payload_shared(&self, payload_id: i64) -> Result<Arc<Vec<u8>>> {
        // One moment for the whole chain: meanwhile a body in it may be pruned.
        let _snapshot = self.at_once()?;
        match self.payload_by_chain(payload_id) {
            // What is at hand may be of a row that was pruned since, and whose number another body has now.
            Err(ArchiveError::Damaged { .. }) => {
                self.decoded.borrow_mut().clear();
                self.payload_by_chain(payload_id)
            }
            found => found,
        }
    }

    fn payload_by_chain(&self, payload_id: i64) -> Result<Arc<Vec<u8>>> {
        let found: Option<(Option<i64>, Vec<u8>)> = self.ask(|sql| {
            sql.prepare_cached("SELECT blob_id, sha256 FROM payload WHERE id = ?")?
                .query_row([payload_id], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })?;
        let Some((Some(blob), sha256)) = found else {
            return Ok(Arc::default());
        };
        let bytes = self.blob(blob).map_err(|e| self.lost(payload_id, &sha256, e))?;
        match PayloadDigest::of(&bytes).0 == sha256[..] {
            true => Ok(bytes),
            false => Err(self.lost(
                payload_id,
                &sha256,
                self.damaged(blob, "its bytes are not those of its SHA-256"),
            )),
        }
    }

    /// The decoded bytes of a blob, by its chain.
    pub(in crate::archive) fn blob(&self, id: i64) -> Result<Arc<Vec<u8>>> {
        let found = self.ask(|_| self.follow(id))?;
        found.map_err(|lost| self.damaged(lost.blob, &lost.why))
    }

    /// The same; what is not at hand is read down to what is, or to what stands alone, and decoded back up. Where
    /// that is not possible: which blob of the chain is to blame, and why.
    pub(in crate::archive) fn follow(&self, id: i64) -> rusqlite::Result<std::result::Result<Arc<Vec<u8>>, Lost>> {
        let lost = |blob, why: String| Ok(Err(Lost { blob, why }));
        let mut above: Vec<Stored> = Vec::new();
        let mut next = Some(id);
        let mut bytes: Option<Arc<Vec<u8>>> = None;
        while let Some(id) = next {
            if let Some(((), held)) = self.decoded.borrow_mut().get(&id) {
                bytes = Some(held);
                break;
            }
            if above.len() > DEPTH_MAX as usize {
                return lost(id, "its chain of bases is too long".into());
            }
            let stored = match self.stored(id) {
                Ok(Some(stored)) => stored,
                Ok(None) => return lost(id, "it is not there".into()),
                Err(error) if is_damage(&error) => return lost(id, error.to_string()),
                Err(error) => return Err(error),
            };
            if stored.codec == Codec::Parts.as_str() {
                // Nothing is stored against it: it is longer than a base can be.
                return Ok(self.all_parts(id)?.map(Arc::new));
            }
            next = stored.base;
            above.push(stored);
        }
        while let Some(stored) = above.pop() {
            let id = stored.id;
            let decoded = match decode(stored, bytes.as_deref().map(Vec::as_slice)) {
                Ok(decoded) => Arc::new(decoded),
                Err(error) => return lost(id, error.to_string()),
            };
            self.decoded.borrow_mut().put(id, (), Arc::clone(&decoded));
            bytes = Some(decoded);
        }
        Ok(Ok(bytes.unwrap_or_default()))
    }

    fn stored(&self, id: i64) -> rusqlite::Result<Option<Stored>> {
        self.sql
            .prepare_cached("SELECT codec, base_id, data FROM blob WHERE id = ?")?
            .query_row([id], |row| {
                Ok(Stored {
                    id,
                    codec: row.get(0)?,
                    base: row.get(1)?,
                    data: row.get(2)?,
                })
            })
            .optional()
    }

    pub(super) fn damaged(&self, blob: i64, why: &str) -> ArchiveError {
        ArchiveError::Damaged {
            path: self.archive.path().into(),
            why: format!("blob {blob}: {why}"),
        }
    }

    /// Says of an error in a chain what it costs: which body, and of which addresses.
    pub(super) fn lost(&self, payload_id: i64, sha256: &[u8], error: ArchiveError) -> ArchiveError {
        let ArchiveError::Damaged { path, why } = error else {
            return error;
        };
        let addresses: Vec<String> = self
            .ask(|sql| {
                sql.prepare(
                    "SELECT DISTINCT u.url FROM capture c JOIN url u ON u.id = c.url_id WHERE c.payload_id = ? LIMIT 3",
                )?
                .query_map([payload_id], |row| row.get(0))?
                .collect()
            })
            .unwrap_or_default();
        let sha256 = data_encoding::HEXLOWER.encode(sha256);
        ArchiveError::Damaged {
            path,
            why: format!(
                "the body of {} (SHA-256 {sha256}) cannot be read: {why}",
                addresses.join(", ")
            ),
        }
    }
}

fn decode(stored: Stored, base: Option<&[u8]>) -> io::Result<Vec<u8>> {
    match stored.codec.parse() {
        Ok(Codec::Raw) => Ok(stored.data),
        Ok(Codec::Zstd) => {
            let length = frame_length(&stored.data)?;
            decompress(&stored.data, base, length)
        }
        Ok(Codec::Parts) => Err(io::Error::other("it is in parts")),
        Err(why) => Err(io::Error::other(format!("codec {why}"))),
    }
}
