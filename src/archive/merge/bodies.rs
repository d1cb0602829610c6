//! Bodies: decoded there, held against their SHA-256, and encoded here against what is held here.

use std::{
    collections::HashSet,
    io::{self, Write},
};

use rusqlite::{Row, params};

use super::{Merge, WAITING};
use crate::{
    archive::{ArchiveError, Parts, Result, blob::Unstored, ingest::Ingest},
    model::{
        digest::PayloadDigest,
        url::{self, Url},
    },
};

/// Payloads looked for at a time.
const LOOK: i64 = 256;

/// A payload of theirs that we lack, or lack the bytes of, as a capture brought it.
struct Lacking {
    capture: i64,
    payload: i64,
    digest: PayloadDigest,
    length: u64,
    /// `raw`, `zstd`, `parts`; `None` where they have no bytes either.
    codec: Option<String>,
    pruned_at: Option<i64>,
    url: String,
    media_type: Option<String>,
    status: Option<u16>,
    good: bool,
}

impl Merge<'_> {
    /// The bodies of the captures of a run, whose ids are within these bounds.
    pub(super) fn bodies(&mut self, run: i64, (first, last): (i64, i64)) -> Result<()> {
        let mut after = first - 1;
        loop {
            let found = self.lacking(run, after, last)?;
            let Some(end) = found.last() else { return Ok(()) };
            after = end.capture;
            let (mut seen, mut waiting) = (HashSet::new(), 0);
            for one in found.iter().filter(|one| seen.insert(one.payload)) {
                waiting += self.body(one)?;
                if waiting >= WAITING {
                    self.writer.call(|_| Ok(()))?;
                    waiting = 0;
                }
            }
            // What is looked for next, and encoded against, is what is committed.
            self.writer.call(|_| Ok(()))?;
        }
    }

    fn lacking(&self, run: i64, after: i64, last: i64) -> Result<Vec<Lacking>> {
        self.ours.ask(|sql| {
            sql.prepare_cached(
                "SELECT c.id, p.id, p.sha256, p.length, (SELECT b.codec FROM other.blob b WHERE b.id = p.blob_id),
                     p.pruned_at, u.url, c.media_type, c.status,
                     c.transport = 'ok' AND c.access = 'open' AND c.truncated IS NULL AND c.status BETWEEN 200 AND 299
                 FROM other.capture c CROSS JOIN other.payload p ON p.id = c.payload_id
                 CROSS JOIN other.url u ON u.id = c.url_id
                 WHERE c.id > ?2 AND c.id <= ?3 AND +c.run_id = ?1 AND NOT EXISTS
                     (SELECT 1 FROM main.payload m WHERE m.sha256 = p.sha256
                          AND (m.blob_id IS NOT NULL OR p.blob_id IS NULL))
                 ORDER BY c.id LIMIT ?4",
            )?
            .query_map(params![run, after, last, LOOK], lacking)?
            .collect()
        })
    }

    /// Hands one over to the writer. Returns how many bytes wait for it.
    fn body(&mut self, one: &Lacking) -> Result<usize> {
        let (digest, length, pruned_at) = (one.digest, one.length, one.pruned_at);
        match one.codec.as_deref() {
            None => {
                self.writer
                    .post(move |ingest| ingest.without_bytes(&digest, length, pruned_at));
                Ok(0)
            }
            Some("parts") => self.in_parts(one),
            Some(_) => self.whole(one),
        }
    }

    fn in_parts(&mut self, one: &Lacking) -> Result<usize> {
        let spool = |e: io::Error| ArchiveError::from_spool(&e);
        let mut sink = Sink(Parts::begin().map_err(spool)?);
        self.theirs.copy_payload(one.payload, &mut sink)?.map_err(spool)?;
        let parts = sink.0.end().map_err(spool)?;
        let (digest, length) = (one.digest, one.length);
        let (stored, _) = self
            .writer
            .call(move |ingest| ingest.payload_in_parts(&digest, length, parts))?;
        self.merged.stored += stored;
        Ok(0)
    }

    fn whole(&mut self, one: &Lacking) -> Result<usize> {
        let bytes = self.theirs.payload(one.payload)?;
        let url = Url::parse(&one.url).map_err(|e| self.damaged(format!("{} is no address: {e}", one.url)))?;
        let html = matches!(one.media_type.as_deref(), Some("text/html" | "application/xhtml+xml"));
        let body = Unstored {
            bytes: &bytes,
            url: &url,
            media_type: one.media_type.as_deref(),
            status: one.status,
            is_page: one.good && html,
        };
        let chosen = self.ours.encode(&body, &self.first_pages)?;
        let weight = chosen.blob.data.len();
        self.merged.stored += weight as u64;
        let (digest, length, for_host) = (one.digest, one.length, chosen.for_host);
        let host = url::host(&url).to_owned();
        self.writer.post(move |ingest| {
            let host = for_host.then(|| ingest.host_id(&host)).transpose()?;
            ingest.payload(&digest, length, &chosen.blob, host).map(|_| ())
        });
        if for_host {
            self.first_pages.enter(&url, digest, bytes);
        }
        Ok(weight)
    }
}

fn lacking(row: &Row<'_>) -> rusqlite::Result<Lacking> {
    let digest = PayloadDigest::from_slice(row.get_ref(2)?.as_blob()?)
        .ok_or_else(|| rusqlite::Error::InvalidColumnType(2, "sha256".into(), rusqlite::types::Type::Blob))?;
    Ok(Lacking {
        capture: row.get(0)?,
        payload: row.get(1)?,
        digest,
        length: row.get::<_, i64>(3)? as u64,
        codec: row.get(4)?,
        pruned_at: row.get(5)?,
        url: row.get(6)?,
        media_type: row.get(7)?,
        status: row.get(8)?,
        good: row.get(9)?,
    })
}

/// Takes bytes for [`Parts`].
struct Sink(Parts);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Ingest<'_> {
    fn without_bytes(&mut self, digest: &PayloadDigest, length: u64, pruned_at: Option<i64>) -> rusqlite::Result<()> {
        self.sql
            .prepare_cached("INSERT INTO payload (sha256, length, pruned_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")?
            .execute(params![digest.0, length as i64, pruned_at])?;
        Ok(())
    }
}
