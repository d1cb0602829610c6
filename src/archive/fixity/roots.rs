//! Leaves and roots: made when a capture is written and when a run ends; read to be shown and checked.

use rusqlite::{OptionalExtension, Row, params, types::ValueRef};
use sha2::{Digest as _, Sha256};

use crate::{
    archive::{Ingest, Reader, Result, heads::RECONSTRUCTED, ingest::CaptureIds, read::time},
    model::{
        capture::{Capture, Exchange, Purpose},
        fixity::{CAPTURE, Fact, Hash, NO_ROOT, RUN, SealedRun, Tree, leaf, root},
        time::Timestamp,
    },
};

/// The facts of a capture, in the order of [`CAPTURE`].
pub(super) type CaptureFacts<'a> = [Fact<'a>; CAPTURE.len()];

/// A capture that is about to be written.
pub(in crate::archive) struct Facts<'a> {
    pub ids: &'a CaptureIds,
    pub purpose: Purpose,
    pub attempt: u32,
    pub exchange: &'a Exchange,
    pub capture: &'a Capture,
    pub payload_id: Option<i64>,
    pub remote: Option<&'a str>,
    pub protocol: Option<&'a str>,
    pub heads: Option<&'a [u8]>,
}

/// The row of `origin` that is this archive.
pub(in crate::archive) const OURS: i64 = 1;

/// The columns of a run that its root covers, for [`root_of`].
pub(super) const RUN_FACTS: &str = "o.uid, r.uid, r.kind, r.state, r.started_at, r.finished_at, r.outage, r.settings";

/// A value of a row, whatever it is.
pub(super) fn fact<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<Fact<'a>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Null => Fact::Absent,
        ValueRef::Integer(number) => Fact::Number(number),
        ValueRef::Real(number) => Fact::Real(number),
        ValueRef::Text(text) => Fact::Text(text),
        ValueRef::Blob(bytes) => Fact::Bytes(bytes),
    })
}

/// The root of the run in a row that begins with [`RUN_FACTS`].
pub(super) fn root_of(row: &Row<'_>, position: i64, before: &Hash, tree: &Tree) -> rusqlite::Result<Hash> {
    let head = tree.head();
    let facts: [Fact<'_>; RUN.len()] = [
        fact(row, 0)?,
        position.into(),
        Fact::Bytes(before),
        fact(row, 1)?,
        fact(row, 2)?,
        fact(row, 3)?,
        fact(row, 4)?,
        fact(row, 5)?,
        fact(row, 6)?,
        fact(row, 7)?,
        (tree.leaves() as i64).into(),
        Fact::Bytes(&head),
    ];
    Ok(root(&facts))
}

impl Ingest<'_> {
    /// The leaf of a capture whose payload is in the archive already, and the capture that it refers to.
    pub(in crate::archive) fn leaf(&mut self, facts: &Facts<'_>) -> rusqlite::Result<Hash> {
        let Facts {
            ids, exchange, capture, ..
        } = facts;
        let run = self.run_uid(ids.run_id)?;
        let payload: Option<(Vec<u8>, i64)> = facts
            .payload_id
            .map(|id| {
                self.sql
                    .prepare_cached("SELECT sha256, length FROM payload WHERE id = ?")?
                    .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
            })
            .transpose()?;
        let refers_to: Option<Vec<u8>> = capture
            .refers_to
            .map(|id| {
                self.sql
                    .prepare_cached("SELECT uid FROM capture WHERE id = ?")?
                    .query_row([id], |row| row.get(0))
            })
            .transpose()?;
        let head: Option<Hash> = facts.heads.map(|heads| Sha256::digest(heads).into());
        let wire = &exchange.wire;
        let milliseconds = |ms: Option<u64>| Fact::from(ms.map(|ms| ms as i64));
        Ok(leaf(&[
            ids.uid.as_bytes().as_slice().into(),
            run.as_str().into(),
            exchange.url.as_str().into(),
            facts.purpose.as_str().into(),
            ids.via.as_ref().map(|(_, uid)| uid.as_bytes().as_slice()).into(),
            i64::from(facts.attempt).into(),
            exchange.at.millis().into(),
            (exchange.elapsed_ms as i64).into(),
            milliseconds(wire.lookup_ms),
            milliseconds(wire.connect_ms),
            milliseconds(wire.first_byte_ms),
            capture.transport.as_str().into(),
            capture.access.as_str().into(),
            capture.status.map(i64::from).into(),
            capture.media_type.as_deref().into(),
            capture.charset.as_deref().into(),
            capture.location.as_deref().into(),
            payload.as_ref().map(|(sha256, _)| sha256.as_slice()).into(),
            payload.as_ref().map(|(_, length)| *length).into(),
            capture.encoded_sha256.as_ref().map(|digest| digest.0.as_slice()).into(),
            milliseconds(capture.encoded_length),
            capture.revisit.map(|revisit| revisit.as_str()).into(),
            refers_to.as_deref().into(),
            capture.truncated.map(|truncated| truncated.as_str()).into(),
            facts.remote.into(),
            facts.protocol.into(),
            wire.certificate_ends.map(Timestamp::millis).into(),
            capture.etag.as_deref().into(),
            capture.last_modified.as_deref().into(),
            capture.detail.as_deref().into(),
            head.as_ref().map(Hash::as_slice).into(),
            head.map(|_| exchange.request_head.len() as i64).into(),
            head.map(|_| RECONSTRUCTED).into(),
        ]))
    }

    fn run_uid(&mut self, run_id: i64) -> rusqlite::Result<String> {
        if let Some((_, uid)) = self.memory.run.as_ref().filter(|(id, _)| *id == run_id) {
            return Ok(uid.clone());
        }
        let uid: String = self
            .sql
            .query_row("SELECT uid FROM run WHERE id = ?", [run_id], |row| row.get(0))?;
        self.memory.run = Some((run_id, uid.clone()));
        Ok(uid)
    }

    /// Seals a run that has ended: its root goes to the end of this archive's chain.
    pub(in crate::archive) fn seal_run(&mut self, run_id: i64) -> rusqlite::Result<()> {
        let last: Option<(i64, Hash)> = self
            .sql
            .query_row(
                "SELECT position, root FROM run WHERE origin_id = ? AND position IS NOT NULL
                 ORDER BY position DESC LIMIT 1",
                [OURS],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let (position, before) = last.map_or((1, NO_ROOT), |(position, root)| (position + 1, root));
        let root = self.root_at(run_id, position, &before)?;
        self.sql.execute(
            "UPDATE run SET position = ?2, root = ?3 WHERE id = ?1 AND position IS NULL",
            params![run_id, position, root],
        )?;
        Ok(())
    }

    /// The root of a run at a position of its chain.
    pub(in crate::archive) fn root_at(&mut self, run_id: i64, position: i64, before: &Hash) -> rusqlite::Result<Hash> {
        let mut tree = Tree::default();
        let mut statement = self
            .sql
            .prepare("SELECT leaf FROM capture WHERE run_id = ? ORDER BY id")?;
        let mut rows = statement.query([run_id])?;
        while let Some(row) = rows.next()? {
            tree.push(row.get(0)?);
        }
        self.sql.query_row(
            &format!("SELECT {RUN_FACTS} FROM run r JOIN origin o ON o.id = r.origin_id WHERE r.id = ?"),
            [run_id],
            |row| root_of(row, position, before, &tree),
        )
    }
}

impl Reader {
    /// The name of this archive's own chain, and the sealed runs by origin (this archive's own first) and position.
    pub fn roots(&self) -> Result<(String, Vec<SealedRun>)> {
        self.ask(|sql| {
            let ours = sql.query_row("SELECT uid FROM origin WHERE id = ?", [OURS], |row| row.get(0))?;
            let runs: rusqlite::Result<_> = sql
                .prepare(
                    "SELECT o.uid, r.position, r.uid, r.started_at, r.finished_at,
                     (SELECT count(*) FROM capture c WHERE c.run_id = r.id), r.root
                 FROM run r JOIN origin o ON o.id = r.origin_id WHERE r.position IS NOT NULL
                 ORDER BY r.origin_id, r.position",
                )?
                .query_map([], |row| {
                    Ok(SealedRun {
                        origin: row.get(0)?,
                        position: row.get(1)?,
                        run: row.get(2)?,
                        started_at: time(row, 3)?,
                        finished_at: row.get::<_, Option<i64>>(4)?.map(Timestamp::from_millis),
                        captures: row.get::<_, i64>(5)? as u64,
                        root: data_encoding::HEXLOWER.encode(&row.get::<_, Vec<u8>>(6)?),
                    })
                })?
                .collect();
            Ok((ours, runs?))
        })
    }
}
