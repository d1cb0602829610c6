//! Heads of requests and answers. One differs little from the next of its host, and that from the next of the run:
//! each is a zstd frame with such a one as prefix.

use std::{collections::HashMap, sync::Arc};

use rusqlite::{OptionalExtension, params};

use super::{
    ArchiveError, Reader, Result,
    blob::{QUICK, compress, decompress, frame_length},
    ingest::Ingest,
};
use crate::model::capture::Outcome;

/// What the writer has at hand to store heads against, by host. The first of all stands alone, the first of a host
/// is stored against that, the others of the host against theirs.
#[derive(Default)]
pub(super) struct Heads {
    first: Option<Head>,
    of_hosts: HashMap<i64, Head>,
}

#[derive(Clone)]
struct Head {
    capture_id: i64,
    bytes: Arc<Vec<u8>>,
}

/// Hosts whose heads are at hand at most, and bytes of such a head.
const HOSTS: usize = 10_000;
const BASE_MAX: usize = 4096;
/// A head, the first of its host, the first of all.
const CHAIN: usize = 3;

impl Ingest<'_> {
    pub(super) fn head(
        &mut self,
        capture_id: i64,
        host: i64,
        request: &[u8],
        outcome: &Outcome,
    ) -> rusqlite::Result<()> {
        if request.is_empty() {
            return Ok(());
        }
        let mut bytes = request.to_vec();
        if let Outcome::Answer(answer) = outcome {
            bytes.extend_from_slice(format!("{} {}\r\n", answer.protocol, answer.status).as_bytes());
            for (name, value) in &answer.headers {
                for part in [name.as_bytes(), b": ", value, b"\r\n"] {
                    bytes.extend_from_slice(part);
                }
            }
        }
        let heads = &self.memory.heads;
        let known = heads.of_hosts.get(&host);
        let base = known.or(heads.first.as_ref()).cloned();
        let is_first = known.is_none() && bytes.len() <= BASE_MAX;
        let prefix = base.as_ref().map(|base| base.bytes.as_slice());
        let data = compress(&bytes, prefix, QUICK).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
        self.sql
            .prepare_cached(
                "INSERT INTO capture_head (capture_id, base_id, request_length, reconstructed, data)
                 VALUES (?, ?, ?, 1, ?)",
            )?
            .execute(params![
                capture_id,
                base.map(|base| base.capture_id),
                request.len() as i64,
                data
            ])?;
        if is_first {
            self.memory.heads.remember(host, capture_id, bytes);
        }
        Ok(())
    }
}

impl Heads {
    fn remember(&mut self, host: i64, capture_id: i64, bytes: Vec<u8>) {
        let bytes = Arc::new(bytes);
        let head = Head { capture_id, bytes };
        if self.of_hosts.len() >= HOSTS {
            self.of_hosts.clear();
        }
        self.first.get_or_insert_with(|| head.clone());
        self.of_hosts.insert(host, head);
    }
}

impl Reader {
    /// Heads of request and response of the hops from one capture to another, as text.
    pub(super) fn heads(&self, first: i64, last: i64) -> Result<Vec<(String, String)>> {
        let captures: Vec<i64> = self.ask(|sql| {
            sql.prepare("SELECT capture_id FROM capture_head WHERE capture_id BETWEEN ? AND ? ORDER BY capture_id")?
                .query_map([first, last], |row| row.get(0))?
                .collect()
        })?;
        let head = |capture: i64| {
            let (bytes, request) = self.head(capture, CHAIN)?;
            let (request, response) = bytes.split_at(request.min(bytes.len()));
            let lossy = |bytes| String::from_utf8_lossy(bytes).into_owned();
            Ok((lossy(request), lossy(response)))
        };
        captures.into_iter().map(head).collect()
    }

    /// Request head and response head together, and the length of the first.
    fn head(&self, capture: i64, chain: usize) -> Result<(Vec<u8>, usize)> {
        let damaged = |why: String| ArchiveError::Damaged {
            path: self.archive.path().into(),
            why: format!("the heads of capture {capture} cannot be read: {why}"),
        };
        let found: Option<(Option<i64>, i64, Vec<u8>)> = self.ask(|sql| {
            sql.prepare_cached("SELECT base_id, request_length, data FROM capture_head WHERE capture_id = ?")?
                .query_row([capture], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()
        })?;
        let Some((base, request, data)) = found.filter(|_| chain > 0) else {
            return Err(damaged("what they are stored against is not there".into()));
        };
        let base = base.map(|base| self.head(base, chain - 1)).transpose()?;
        let prefix = base.as_ref().map(|(bytes, _)| bytes.as_slice());
        let bytes = frame_length(&data).and_then(|length| decompress(&data, prefix, length));
        Ok((bytes.map_err(|e| damaged(e.to_string()))?, request.max(0) as usize))
    }
}
