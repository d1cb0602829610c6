//! Bodies and texts, each decoded and held against what the rows say of it.
//!
//! Blobs are taken in the order of their bases, what is stored against a blob right after it, so that each is
//! decoded once with its base at hand. A blob that is lost costs everything that is stored against it.

use std::{collections::HashSet, sync::Arc};

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    captures::first_since,
    damage::{Findings, is_damage},
    file::text,
    verify::{Look, Step},
};
use crate::{
    archive::{
        Reader, Result,
        blob::{Lost, StoredText, decompress, frame_length, joined},
    },
    model::{
        digest::PayloadDigest,
        verification::{Part, Thoroughness},
    },
};

/// A payload as its row has it.
struct Payload {
    id: i64,
    sha256: Vec<u8>,
    length: i64,
    blob: Option<i64>,
}

type ReadBody = (PayloadDigest, i64, Option<Arc<Vec<u8>>>);

/// A blob to look at, and the finding that costs its base.
struct Next {
    blob: i64,
    lost: Option<usize>,
}

impl Look<'_> {
    /// Every body, or those of captures since then.
    pub(super) fn bodies(&mut self) -> Result<()> {
        debug_assert_eq!(self.thoroughness, Thoroughness::Full);
        let archive = self.reader.archive.clone();
        let looked = match self.since {
            None => self.every_body(),
            Some(_) => self.recent_bodies(),
        };
        self.findings.unless_damaged(&archive, Part::Body, "blob", looked)?;
        Ok(())
    }

    fn recent_bodies(&mut self) -> rusqlite::Result<()> {
        let from = first_since(&self.reader.sql, self.since)?;
        let mut seen = HashSet::new();
        let payloads: Vec<i64> = self
            .reader
            .sql
            // Versions of an address together: most are stored against the one before.
            .prepare("SELECT payload_id FROM capture WHERE id >= ? AND payload_id IS NOT NULL ORDER BY url_id, id")?
            .query_map([from], |row| row.get(0))?
            .filter(|id| id.as_ref().map_or(true, |id| seen.insert(*id)))
            .collect::<rusqlite::Result<_>>()?;
        let total = payloads.len() as u64;
        for (done, id) in (0..).zip(payloads) {
            (self.tell)(Step::Bodies, done, total);
            if let Some(payload) = payload(&self.reader.sql, id)? {
                self.payload(&payload, None)?;
            }
        }
        Ok(())
    }

    fn every_body(&mut self) -> rusqlite::Result<()> {
        let payloads = by_blob(&self.reader.sql)?;
        let total = payloads.len() as u64;
        let (mut looked, mut done) = (0, 0);
        let mut after = i64::MIN;
        // What stands alone, then what is stored against it.
        while let Some(first) = alone(&self.reader.sql, after)? {
            after = first;
            let mut next = vec![Next {
                blob: first,
                lost: None,
            }];
            while let Some(Next { blob, lost }) = next.pop() {
                looked += 1;
                (self.tell)(Step::Bodies, done, total);
                let lost = self.blob(blob, lost, &payloads, &mut done)?;
                let above = stored_against(&self.reader.sql, blob)?;
                next.extend(above.into_iter().rev().map(|blob| Next { blob, lost }));
            }
            if after == i64::MAX {
                break;
            }
        }
        if looked != count(&self.reader.sql)? {
            self.unreachable(&payloads)?;
        }
        self.without_blob()
    }

    /// One blob and the payloads that it is; returns the finding that costs it, if any.
    fn blob(
        &mut self,
        blob: i64,
        lost: Option<usize>,
        payloads: &[(i64, i64)],
        done: &mut u64,
    ) -> rusqlite::Result<Option<usize>> {
        let from = payloads.partition_point(|(other, _)| *other < blob);
        let of_blob = payloads[from..].iter().take_while(|(other, _)| *other == blob);
        let mut lost = lost;
        let mut any = false;
        for (_, id) in of_blob {
            any = true;
            *done += 1;
            if let Some(payload) = payload(&self.reader.sql, *id)? {
                lost = self.payload(&payload, lost)?;
            }
        }
        if !any && lost.is_none() {
            // Nothing is named by it, but others may be stored against it.
            if let Err(error) = self.reader.follow(blob)? {
                lost = Some(lost_body(
                    &mut self.findings,
                    &format!("blob {}", error.blob),
                    &error.why,
                ));
            }
        }
        Ok(lost)
    }

    /// A payload, whose bytes are lost when its base is, and the texts read from it.
    fn payload(&mut self, payload: &Payload, lost: Option<usize>) -> rusqlite::Result<Option<usize>> {
        let name = data_encoding::HEXLOWER.encode(&payload.sha256);
        self.findings.count("bodies");
        let bytes = match (lost, payload.blob) {
            (Some(lost), _) => Err(lost),
            (None, None) => Ok(None),
            (None, Some(blob)) => match self.read(blob)? {
                Ok((digest, ..)) if digest.0 != payload.sha256[..] => Err(lost_body(
                    &mut self.findings,
                    &name,
                    "its bytes are not those of its SHA-256",
                )),
                Ok((_, length, _)) if length != payload.length => {
                    let why = format!("it has {length} bytes, and its row says {}", payload.length);
                    Err(lost_body(&mut self.findings, &name, &why))
                }
                Ok((.., bytes)) => Ok(bytes),
                Err(Lost { why, .. }) => Err(lost_body(&mut self.findings, &name, &why)),
            },
        };
        match bytes {
            Ok(bytes) => {
                texts(&self.reader, &mut self.findings, payload.id, bytes)?;
                Ok(None)
            }
            Err(finding) => {
                self.lost_payloads.insert(payload.id, finding);
                Ok(Some(finding))
            }
        }
    }

    /// Digest and length of a body, and its bytes where they are not too many for memory.
    fn read(&self, blob: i64) -> rusqlite::Result<std::result::Result<ReadBody, Lost>> {
        Ok(match self.reader.is_in_parts(blob)? {
            true => self
                .reader
                .digest_of_parts(blob)?
                .map(|(digest, length)| (digest, length as i64, None)),
            false => self
                .reader
                .follow(blob)?
                .map(|bytes| (PayloadDigest::of(&bytes), bytes.len() as i64, Some(bytes))),
        })
    }

    /// Blobs that no walk from what stands alone comes to: their chains are closed, or lead nowhere.
    fn unreachable(&mut self, payloads: &[(i64, i64)]) -> rusqlite::Result<()> {
        for (blob, id) in payloads {
            if self.lost_payloads.contains_key(id) || ends(&self.reader.sql, *blob)? {
                continue;
            }
            if let Some(found) = payload(&self.reader.sql, *id)? {
                let name = data_encoding::HEXLOWER.encode(&found.sha256);
                let why = "what it is stored against is not there, or is stored against it";
                let finding = lost_body(&mut self.findings, &name, why);
                self.lost_payloads.insert(*id, finding);
            }
        }
        Ok(())
    }

    /// Texts of pages whose bytes are not kept.
    fn without_blob(&mut self) -> rusqlite::Result<()> {
        let Self { reader, findings, .. } = self;
        let mut statement = reader
            .sql
            .prepare("SELECT id FROM payload WHERE blob_id IS NULL ORDER BY id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            texts(reader, findings, row.get(0)?, None)?;
        }
        Ok(())
    }
}

fn lost_body(findings: &mut Findings, name: &str, why: &str) -> usize {
    let costs = "the bodies of these captures, and the texts that were read from them";
    findings.add(Part::Body, name, why, costs, false)
}

/// The texts read from a payload; its body is what most are stored against.
fn texts(reader: &Reader, findings: &mut Findings, payload: i64, body: Option<Arc<Vec<u8>>>) -> rusqlite::Result<()> {
    let mut statement = reader.sql.prepare_cached(
        "SELECT v.id, u.url, v.text_length FROM page_version v CROSS JOIN url u ON u.id = v.url_id
         WHERE v.payload_id = ? AND EXISTS (SELECT 1 FROM page_text t WHERE t.page_version_id = v.id)",
    )?;
    let mut rows = statement.query([payload])?;
    while let Some(row) = rows.next()? {
        findings.count("texts");
        let url = text(row, 1)?.unwrap_or_default();
        if let Err(why) = text_of(reader, row.get(0)?, row.get(2)?, body.as_ref())? {
            let costs = "the text of this version of the page, as long as it is not read again from its body";
            findings.add(Part::Text, &url, &why, costs, true);
        }
    }
    Ok(())
}

fn text_of(
    reader: &Reader,
    version: i64,
    length: i64,
    body: Option<&Arc<Vec<u8>>>,
) -> rusqlite::Result<std::result::Result<(), String>> {
    let columns = StoredText::COLUMNS;
    let stored = reader
        .sql
        .prepare_cached(&format!(
            "SELECT {columns} FROM page_text t JOIN page_version v ON v.id = t.page_version_id
             WHERE t.page_version_id = ?"
        ))?
        .query_row([version], StoredText::read);
    let stored = match stored {
        Ok(stored) => stored,
        Err(error) if is_damage(&error) => return Ok(Err(error.to_string())),
        Err(error) => return Err(error),
    };
    let body = match (stored.prefix.body, body) {
        (false, _) => None,
        (true, Some(body)) => Some(Arc::clone(body)),
        (true, None) => return Ok(Err("it is stored against a body that is not kept".into())),
    };
    let base = match stored.prefix.base {
        true => match text_base(reader, stored.url)? {
            Ok(base) => Some(base),
            Err(why) => {
                return Ok(Err(format!(
                    "what texts of its address are stored against is lost: {why}"
                )));
            }
        },
        false => None,
    };
    let prefix = joined(base, body);
    let prefix = prefix.as_deref().map(Vec::as_slice);
    let decoded = frame_length(&stored.data).and_then(|length| decompress(&stored.data, prefix, length));
    Ok(match decoded {
        Err(error) => Err(error.to_string()),
        Ok(bytes) => match usize::try_from(length).ok().and_then(|length| bytes.get(..length)) {
            None => Err("it is shorter than it was".into()),
            Some(main) if std::str::from_utf8(main).is_err() => Err("it is not UTF-8".into()),
            Some(_) => Ok(()),
        },
    })
}

fn text_base(reader: &Reader, url: i64) -> rusqlite::Result<std::result::Result<Arc<Vec<u8>>, String>> {
    let blob = reader
        .sql
        .prepare_cached("SELECT blob_id FROM text_base WHERE url_id = ?")?
        .query_row([url], |row| row.get(0))
        .optional()?;
    match blob {
        Some(blob) => Ok(reader.follow(blob)?.map_err(|lost| lost.why)),
        None => Ok(Err("it is not there".into())),
    }
}

/// Which payload each blob is, by blob: 16 bytes for each, as there is no index for it.
fn by_blob(sql: &Connection) -> rusqlite::Result<Vec<(i64, i64)>> {
    let mut found: Vec<(i64, i64)> = sql
        .prepare("SELECT blob_id, id FROM payload WHERE blob_id IS NOT NULL")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    found.sort_unstable();
    Ok(found)
}

fn payload(sql: &Connection, id: i64) -> rusqlite::Result<Option<Payload>> {
    sql.prepare_cached("SELECT sha256, length, blob_id FROM payload WHERE id = ?")?
        .query_row([id], |row| {
            Ok(Payload {
                id,
                sha256: row.get(0)?,
                length: row.get(1)?,
                blob: row.get(2)?,
            })
        })
        .optional()
}

fn count(sql: &Connection) -> rusqlite::Result<i64> {
    sql.query_row("SELECT count(*) FROM blob", [], |row| row.get(0))
}

/// The next blob that stands alone.
fn alone(sql: &Connection, after: i64) -> rusqlite::Result<Option<i64>> {
    sql.prepare_cached("SELECT id FROM blob WHERE id > ? AND base_id IS NULL ORDER BY id LIMIT 1")?
        .query_row([after], |row| row.get(0))
        .optional()
}

/// What is stored against a blob.
fn stored_against(sql: &Connection, blob: i64) -> rusqlite::Result<Vec<i64>> {
    sql.prepare_cached("SELECT id FROM blob WHERE base_id = ? ORDER BY id")?
        .query_map([blob], |row| row.get(0))?
        .collect()
}

/// Whether the chain of a blob comes to one that stands alone.
fn ends(sql: &Connection, blob: i64) -> rusqlite::Result<bool> {
    let mut next = Some(blob);
    for _ in 0..=crate::archive::blob::DEPTH_MAX {
        let Some(blob) = next else {
            return Ok(true);
        };
        let base = sql
            .prepare_cached("SELECT base_id FROM blob WHERE id = ?")?
            .query_row(params![blob], |row| row.get::<_, Option<i64>>(0))
            .optional()?;
        match base {
            None => return Ok(false),
            Some(base) => next = base,
        }
    }
    Ok(next.is_none())
}
