//! Heads of requests and answers. One differs little from the next of its host, and that from the next of the run:
//! each is a zstd frame with such a one as prefix.

use std::{collections::HashMap, sync::Arc};

use rusqlite::{OptionalExtension, params};

use super::{
    ArchiveError, Reader, Result,
    blob::{Cache, QUICK, compress, decompress, frame_length},
    fixity::is_damage,
    ingest::Ingest,
};
use crate::model::capture::{Exchange, Outcome};

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

/// Header case and order across names are ours.
pub(super) const RECONSTRUCTED: i64 = 1;

/// The head of the request, then that of the answer, if any; `None` where nothing was asked.
pub(super) fn both(exchange: &Exchange) -> Option<Vec<u8>> {
    if exchange.request_head.is_empty() {
        return None;
    }
    let mut bytes = exchange.request_head.clone();
    if let Outcome::Answer(answer) = &exchange.outcome {
        bytes.extend_from_slice(format!("{} {}\r\n", answer.protocol, answer.status).as_bytes());
        for (name, value) in &answer.headers {
            for part in [name.as_bytes(), b": ", value, b"\r\n"] {
                bytes.extend_from_slice(part);
            }
        }
    }
    Some(bytes)
}

impl Ingest<'_> {
    /// Stores the heads of a capture, as [`both`] has them.
    pub(super) fn head(
        &mut self,
        capture_id: i64,
        host: i64,
        request_length: usize,
        bytes: Vec<u8>,
    ) -> rusqlite::Result<()> {
        let heads = &self.memory.heads;
        let known = heads.of_hosts.get(&host);
        let base = known.or(heads.first.as_ref()).cloned();
        let is_first = known.is_none() && bytes.len() <= BASE_MAX;
        let prefix = base.as_ref().map(|base| base.bytes.as_slice());
        let data = compress(&bytes, prefix, QUICK).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
        self.sql
            .prepare_cached(
                "INSERT INTO capture_head (capture_id, base_id, request_length, reconstructed, data)
                 VALUES (?, ?, ?, ?, ?)",
            )?
            .execute(params![
                capture_id,
                base.map(|base| base.capture_id),
                request_length as i64,
                RECONSTRUCTED,
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
        let mut bases = Cache::new(HEADS);
        let mut heads = Vec::with_capacity(captures.len());
        for capture in captures {
            let found = self.ask(|sql| {
                let (base, request, data) = sql.query_row(
                    "SELECT base_id, request_length, data FROM capture_head WHERE capture_id = ?",
                    [capture],
                    |row| Ok((row.get(0)?, row.get::<_, i64>(1)?, row.get(2)?)),
                )?;
                Ok((self.head_on(capture, base, data, &mut bases)?, request))
            })?;
            let (bytes, request) = match found {
                (Ok(bytes), request) => (bytes, request.max(0) as usize),
                (Err((culprit, why)), _) => {
                    return Err(ArchiveError::Damaged {
                        path: self.archive.path().into(),
                        why: format!(
                            "the heads of capture {capture} cannot be read: those of capture {culprit}: {why}"
                        ),
                    });
                }
            };
            let (request, response) = bytes.split_at(request.min(bytes.len()));
            let lossy = |bytes| String::from_utf8_lossy(bytes).into_owned();
            heads.push((lossy(request), lossy(response)));
        }
        Ok(heads)
    }

    /// The heads of a capture from its row: decoded with what they are stored against, which `bases` keeps at hand.
    /// Where they cannot be decoded: the capture whose heads are damaged, and how.
    pub(super) fn head_on(
        &self,
        capture: i64,
        base: Option<i64>,
        data: Vec<u8>,
        bases: &mut Cache<i64, ()>,
    ) -> rusqlite::Result<Decoded> {
        self.head_in_chain(capture, base, data, bases, CHAIN)
    }

    fn head_in_chain(
        &self,
        capture: i64,
        base: Option<i64>,
        data: Vec<u8>,
        bases: &mut Cache<i64, ()>,
        chain: usize,
    ) -> rusqlite::Result<Decoded> {
        let prefix = match base {
            None => None,
            Some(base) => match self.head_base(base, bases, chain - 1)? {
                Ok(bytes) => Some(bytes),
                lost => return Ok(lost),
            },
        };
        let prefix = prefix.as_ref().map(|bytes| bytes.as_slice());
        let bytes = frame_length(&data).and_then(|length| decompress(&data, prefix, length));
        Ok(bytes.map(Arc::new).map_err(|e| (capture, e.to_string())))
    }

    fn head_base(&self, base: i64, bases: &mut Cache<i64, ()>, chain: usize) -> rusqlite::Result<Decoded> {
        if let Some(((), bytes)) = bases.get(&base) {
            return Ok(Ok(bytes));
        }
        let found = self
            .sql
            .prepare_cached("SELECT base_id, data FROM capture_head WHERE capture_id = ?")?
            .query_row([base], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional();
        let found: Option<(Option<i64>, Vec<u8>)> = match found {
            Err(error) if is_damage(&error) => return Ok(Err((base, error.to_string()))),
            found => found?,
        };
        let Some((next, data)) = found.filter(|_| chain > 0) else {
            return Ok(Err((base, "what others are stored against is not there".into())));
        };
        let decoded = self.head_in_chain(base, next, data, bases, chain)?;
        if let Ok(bytes) = &decoded {
            bases.put(base, (), Arc::clone(bytes));
        }
        Ok(decoded)
    }
}

/// Heads; or the capture whose heads are damaged, and how.
pub(super) type Decoded = std::result::Result<Arc<Vec<u8>>, (i64, String)>;

/// Bytes of heads at hand that others are stored against.
const HEADS: usize = 1 << 20;
