//! Bodies too large for memory: stored in parts, each a zstd frame of its own, never a difference.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, Write},
};

use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::{Lost, QUICK, compress, decompress, frame_length};
use crate::{
    archive::{Ingest, Reader, Result, fixity::is_damage},
    model::{
        digest::PayloadDigest,
        run::{Codec, EncodedParts},
    },
};

/// Decoded bytes of a part; the last may have fewer.
const PART: usize = 4 << 20;

/// Takes decoded bytes and makes parts of them, in a temporary file.
pub struct Parts {
    file: File,
    waiting: Vec<u8>,
    lengths: Vec<usize>,
}

impl Parts {
    /// Errors when the temporary folder cannot be written.
    pub fn begin() -> io::Result<Self> {
        Ok(Self {
            file: tempfile::tempfile()?,
            waiting: Vec::with_capacity(PART),
            lengths: Vec::new(),
        })
    }

    /// Adds bytes.
    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let (now, rest) = bytes.split_at(bytes.len().min(PART - self.waiting.len()));
            self.waiting.extend_from_slice(now);
            bytes = rest;
            if self.waiting.len() == PART {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Encodes what waits; proved to decode to the same bytes.
    fn flush(&mut self) -> io::Result<()> {
        let data = compress(&self.waiting, None, QUICK)?;
        self.file.write_all(&data)?;
        self.lengths.push(data.len());
        self.waiting.clear();
        Ok(())
    }

    /// All parts, to be read from the beginning.
    pub fn end(mut self) -> io::Result<EncodedParts> {
        if !self.waiting.is_empty() {
            self.flush()?;
        }
        self.file.rewind()?;
        Ok(EncodedParts {
            file: self.file,
            lengths: self.lengths,
        })
    }
}

impl Ingest<'_> {
    /// Stores a body in parts, once. Returns how many bytes were added to the archive, and the row of the payload.
    pub(in crate::archive) fn payload_in_parts(
        &mut self,
        digest: &PayloadDigest,
        length: u64,
        parts: EncodedParts,
    ) -> rusqlite::Result<(u64, i64)> {
        let held: Option<i64> = self
            .sql
            .prepare_cached("SELECT id FROM payload WHERE sha256 = ? AND blob_id IS NOT NULL")?
            .query_row([digest.0], |row| row.get(0))
            .optional()?;
        if let Some(payload) = held {
            return Ok((0, payload));
        }
        self.sql
            .prepare_cached("INSERT INTO blob (codec, depth, level, data) VALUES (?, 0, ?, x'')")?
            .execute(params![Codec::Parts.as_str(), QUICK])?;
        let blob = self.sql.last_insert_rowid();
        let mut source = BufReader::new(parts.file);
        let mut stored = 0;
        for (ordinal, length) in (1i64..).zip(parts.lengths) {
            let mut data = vec![0; length];
            source
                .read_exact(&mut data)
                .map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
            self.sql
                .prepare_cached("INSERT INTO blob_part (blob_id, ordinal, data) VALUES (?, ?, ?)")?
                .execute(params![blob, ordinal, data])?;
            stored += length as u64;
        }
        let payload = self
            .sql
            .prepare_cached(
                "INSERT INTO payload (sha256, length, blob_id) VALUES (?1, ?2, ?3)
                 ON CONFLICT (sha256) DO UPDATE SET blob_id = excluded.blob_id, pruned_at = NULL RETURNING id",
            )?
            .query_row(params![digest.0, length as i64, blob], |row| row.get(0))?;
        Ok((stored, payload))
    }
}

impl Reader {
    /// Writes the decoded bytes of a payload, of one in parts part by part. The inner error is the receiver's. That they are
    /// not those of its SHA-256 is an error too; of parts it is found only at the end.
    pub fn copy_payload(&self, payload_id: i64, to: &mut dyn Write) -> Result<io::Result<()>> {
        let found: Option<(i64, Vec<u8>)> = self.ask(|sql| {
            sql.prepare_cached(
                "SELECT b.id, p.sha256 FROM payload p JOIN blob b ON b.id = p.blob_id WHERE p.id = ? AND b.codec = 'parts'",
            )?
            .query_row([payload_id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
        })?;
        let Some((blob, sha256)) = found else {
            return Ok(to.write_all(self.payload_shared(payload_id)?.as_slice()));
        };
        let (mut digest, mut written) = (Sha256::new(), Ok(()));
        let read = self.ask(|_| {
            self.each_part(blob, &mut |part| {
                digest.update(part);
                written = to.write_all(part);
                written.is_ok()
            })
        })?;
        if written.is_err() {
            return Ok(written);
        }
        let why = match read {
            Err(lost) => lost.why,
            Ok(()) if digest.finalize()[..] != sha256[..] => "its bytes are not those of its SHA-256".into(),
            Ok(()) => return Ok(Ok(())),
        };
        Err(self.lost(payload_id, &sha256, self.damaged(blob, &why)))
    }

    /// Whether a blob is in parts; not, where its row cannot be read.
    pub(in crate::archive) fn is_in_parts(&self, blob: i64) -> rusqlite::Result<bool> {
        let codec = self
            .sql
            .prepare_cached("SELECT codec = 'parts' FROM blob WHERE id = ?")?
            .query_row([blob], |row| row.get(0))
            .optional();
        match codec {
            Err(error) if is_damage(&error) => Ok(false),
            codec => Ok(codec?.unwrap_or(false)),
        }
    }

    /// Digest and length of a blob in parts; or what is wrong with it.
    pub(in crate::archive) fn digest_of_parts(
        &self,
        blob: i64,
    ) -> rusqlite::Result<std::result::Result<(PayloadDigest, u64), Lost>> {
        let (mut digest, mut length) = (Sha256::new(), 0);
        let read = self.each_part(blob, &mut |part| {
            digest.update(part);
            length += part.len() as u64;
            true
        })?;
        Ok(read.map(|()| (PayloadDigest(digest.finalize().into()), length)))
    }

    /// All parts of a blob, decoded.
    pub(super) fn all_parts(&self, blob: i64) -> rusqlite::Result<std::result::Result<Vec<u8>, Lost>> {
        let mut bytes = Vec::new();
        let read = self.each_part(blob, &mut |part| {
            bytes.extend_from_slice(part);
            true
        })?;
        Ok(read.map(|()| bytes))
    }

    /// Hands the decoded parts of a blob on, in order, until `to` has enough.
    fn each_part(
        &self,
        blob: i64,
        to: &mut dyn FnMut(&[u8]) -> bool,
    ) -> rusqlite::Result<std::result::Result<(), Lost>> {
        for ordinal in 1i64.. {
            let lost = |why: String| {
                Ok(Err(Lost {
                    blob,
                    why: format!("part {ordinal}: {why}"),
                }))
            };
            let data = self
                .sql
                .prepare_cached("SELECT data FROM blob_part WHERE blob_id = ? AND ordinal = ?")?
                .query_row([blob, ordinal], |row| row.get::<_, Vec<u8>>(0))
                .optional();
            let data = match data {
                Ok(Some(data)) => data,
                Ok(None) => break,
                Err(error) if is_damage(&error) => return lost(error.to_string()),
                Err(error) => return Err(error),
            };
            match decode_part(&data) {
                Ok(part) if to(&part) => {}
                Ok(_) => break,
                Err(error) => return lost(error.to_string()),
            }
        }
        Ok(Ok(()))
    }
}

fn decode_part(data: &[u8]) -> io::Result<Vec<u8>> {
    match frame_length(data)? {
        length @ 0..=PART => decompress(data, None, length),
        _ => Err(io::Error::other("longer than a part can be")),
    }
}
