//! What one transaction writes: captures with their payloads, page versions, links, citations
//! and the tasks that follow from them.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use uuid::Uuid;

use super::{
    Archive, ArchiveError,
    assets::Counted,
    error_pages::shows_nothing,
    fixity::{Facts, Marks},
    heads::{self, Heads},
    versions::{SearchRow, Version},
};
use crate::model::{
    canonical::CanonicalUrl,
    capture::{Outcome, Purpose},
    run::{Attempt, Body, Committed, Prepared, TaskEnd},
    time::Timestamp,
    url::{self, Url},
};

/// What the writer remembers between transactions. Bounded: it is only a cache.
pub(super) struct Memory {
    hosts: HashMap<String, i64>,
    next_capture: i64,
    assets: Counted,
    pub(super) heads: Heads,
    /// Where changes are told that SQLite does not tell of.
    pub(super) marks: Marks,
    /// The run written last, and its uid.
    pub(super) run: Option<(i64, String)>,
}

const HOSTS_REMEMBERED: usize = 20_000;

impl Memory {
    pub(super) fn load(connection: &Connection, marks: Marks) -> rusqlite::Result<Self> {
        let next_capture =
            connection.query_row("SELECT coalesce(max(id), 0) + 1 FROM capture", [], |row| row.get(0))?;
        Ok(Self {
            hosts: HashMap::new(),
            next_capture,
            assets: Counted::default(),
            heads: Heads::default(),
            marks,
            run: None,
        })
    }
}

/// One open transaction of the writer.
pub struct Ingest<'t> {
    pub(super) sql: &'t Transaction<'t>,
    pub(super) memory: &'t mut Memory,
    archive: &'t Archive,
    pub(super) unsearchable: Vec<SearchRow>,
    /// Bytes in [`Ingest::unsearchable`].
    pub(super) waiting: usize,
}

impl<'t> Ingest<'t> {
    pub(super) fn new(sql: &'t Transaction<'t>, memory: &'t mut Memory, archive: &'t Archive) -> Self {
        Self {
            sql,
            memory,
            archive,
            unsearchable: Vec::new(),
            waiting: 0,
        }
    }

    /// Writes what has waited to be written together. To be called before the transaction is committed.
    pub(super) fn finish(&mut self) -> rusqlite::Result<()> {
        let mut insert = self
            .sql
            .prepare_cached("INSERT INTO page_search (rowid, title, text) VALUES (?, ?, ?)")?;
        for row in self.unsearchable.drain(..) {
            insert.execute(params![row.version, row.title, row.text])?;
        }
        self.waiting = 0;
        Ok(())
    }

    /// Runs work and names the file in its error.
    pub(super) fn guard<T>(&mut self, work: impl FnOnce(&mut Self) -> rusqlite::Result<T>) -> Result<T, ArchiveError> {
        let archive = self.archive;
        work(self).map_err(|e| archive.error(e))
    }

    /// The row of the next capture.
    pub(super) fn next_capture(&mut self) -> i64 {
        let id = self.memory.next_capture;
        self.memory.next_capture += 1;
        id
    }

    pub(super) fn counted_assets(&mut self) -> &mut Counted {
        &mut self.memory.assets
    }

    /// Commits one attempt: its captures, what they brought, and what becomes of the task.
    pub(super) fn attempt(&mut self, attempt: Attempt) -> rusqlite::Result<Committed> {
        let run_id = attempt.run_id;
        let last_task = self.last_task()?;
        let first = self.memory.next_capture;
        let last = first + attempt.hops.len() as i64 - 1;
        let number = attempt.task.as_ref().map_or(0, |task| task.attempts);
        let (mut stored_bytes, mut newest) = (0, None);
        let (at, good) = match attempt.hops.last() {
            Some(hop) => (hop.exchange.at, hop.capture.is_good()),
            None => (Timestamp::default(), false),
        };
        let shown = attempt
            .hops
            .last()
            .and_then(|hop| shows_nothing(attempt.purpose, &hop.capture));
        let mut via = None;
        for (position, hop) in attempt.hops.into_iter().enumerate() {
            let id = first + position as i64;
            let ids = CaptureIds {
                id,
                uid: uid(hop.exchange.at),
                run_id,
                last: if id == first { last } else { id },
                via,
            };
            via = Some((id, ids.uid));
            let (bytes, version) = self.capture(ids, attempt.purpose, number, hop)?;
            stored_bytes += bytes;
            newest = version;
        }
        self.memory.next_capture = last + 1;
        if let Some(shown) = shown {
            let asked = attempt.task.as_ref().map(|task| &task.url);
            self.error_page(shown, asked, first)?;
        }
        let assets = newest
            .as_mut()
            .map(|version: &mut Version| std::mem::take(&mut version.assets));
        let assets = assets.unwrap_or_default();
        if let Some(task) = &attempt.task {
            self.end_task(task.id, attempt.end)?;
            if attempt.end == TaskEnd::Done && attempt.purpose == Purpose::Article {
                let version = newest.filter(|_| good).map(|v| v.id);
                self.article_read(run_id, &task.url, version, attempt.follow, at)?;
            } else if attempt.follow
                && let Some(version) = newest
            {
                self.follow(run_id, task.depth + 1, &version.cites, at)?;
            }
        }
        if let Some(task) = &attempt.task
            && !assets.is_empty()
        {
            let depth = if attempt.purpose == Purpose::Asset {
                task.depth + 1
            } else {
                1
            };
            self.add_assets(run_id, depth, &assets, at)?;
        }
        let new_work = self.new_work(last_task)?;
        Ok(Committed {
            task: attempt.task.map(|task| task.id),
            end: attempt.end,
            new_work,
            stored_bytes,
        })
    }

    fn end_task(&mut self, task: i64, end: TaskEnd) -> rusqlite::Result<()> {
        let (done, due) = match end {
            TaskEnd::Done => (true, None),
            TaskEnd::Retry(due) => (false, Some(due.millis())),
        };
        self.sql
            .prepare_cached(
                "UPDATE task SET done = ?2, attempts = attempts + 1, due_at = coalesce(?3, due_at) WHERE id = ?1",
            )?
            .execute(params![task, done, due])?;
        Ok(())
    }

    fn capture(
        &mut self,
        ids: CaptureIds,
        purpose: Purpose,
        attempt: u32,
        hop: Prepared,
    ) -> rusqlite::Result<(u64, Option<Version>)> {
        let Prepared {
            exchange,
            capture,
            body,
            page,
        } = hop;
        let url_id = self.url_id(&exchange.url)?;
        let host = self.host_id(url::host(&exchange.url))?;
        let (stored, payload_id) = match body {
            Body::None => (0, capture.payload_id),
            Body::Held { payload_id } => (0, Some(payload_id)),
            Body::New {
                digest,
                length,
                blob,
                for_host,
            } => {
                let (bytes, payload_id) = self.payload(&digest, length, &blob, for_host.then_some(host))?;
                (bytes, Some(payload_id))
            }
            Body::Large { digest, length, parts } => {
                let (bytes, payload_id) = self.payload_in_parts(&digest, length, parts)?;
                (bytes, Some(payload_id))
            }
            Body::Withheld { digest, length } => (0, Some(self.withheld(&digest.0, length)?)),
        };
        let (remote, protocol) = match &exchange.outcome {
            Outcome::Answer(answer) => (answer.remote.map(|a| a.to_string()), Some(answer.protocol)),
            _ => (None, None),
        };
        let heads = heads::both(&exchange);
        let leaf = self.leaf(&Facts {
            ids: &ids,
            purpose,
            attempt,
            exchange: &exchange,
            capture: &capture,
            payload_id,
            remote: remote.as_deref(),
            protocol,
            heads: heads.as_deref(),
        })?;
        self.sql
            .prepare_cached(
                "INSERT INTO capture (id, uid, run_id, url_id, purpose, via_id, last_id, attempt, at, elapsed_ms,
                     transport, access, status, media_type, charset, location, payload_id, encoded_sha256,
                     encoded_length, revisit, refers_to_id, truncated, remote, protocol, etag, last_modified, detail,
                     lookup_ms, connect_ms, first_byte_ms, certificate_ends, leaf)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
                     ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32)",
            )?
            .execute(params![
                ids.id,
                ids.uid.as_bytes().as_slice(),
                ids.run_id,
                url_id,
                purpose.as_str(),
                ids.via.map(|(id, _)| id),
                ids.last,
                attempt,
                exchange.at.millis(),
                exchange.elapsed_ms as i64,
                capture.transport.as_str(),
                capture.access.as_str(),
                capture.status,
                capture.media_type,
                capture.charset,
                capture.location,
                payload_id,
                capture.encoded_sha256.map(|d| d.0),
                capture.encoded_length.map(|l| l as i64),
                capture.revisit.map(|r| r.as_str()),
                capture.refers_to,
                capture.truncated.map(|t| t.as_str()),
                remote,
                protocol,
                capture.etag,
                capture.last_modified,
                capture.detail,
                exchange.wire.lookup_ms.map(|ms| ms as i64),
                exchange.wire.connect_ms.map(|ms| ms as i64),
                exchange.wire.first_byte_ms.map(|ms| ms as i64),
                exchange.wire.certificate_ends.map(Timestamp::millis),
                leaf,
            ])?;
        if let Some(heads) = heads {
            self.head(ids.id, host, exchange.request_head.len(), heads)?;
        }
        let Some(payload_id) = payload_id else {
            return Ok((stored, None));
        };
        let media_type = capture.media_type.as_deref().unwrap_or("");
        let charset = capture.charset.as_deref().unwrap_or("");
        let version = match page {
            Some(page) => Some(self.page_version(payload_id, url_id, media_type, charset, page)?),
            None => self.find_version(payload_id, url_id, media_type, charset)?,
        };
        Ok((stored, version))
    }

    /// A payload without its bytes. Where another address brought the same ones, and did not ask that they
    /// be forgotten, they stay.
    fn withheld(&mut self, sha256: &[u8; 32], length: u64) -> rusqlite::Result<i64> {
        self.sql
            .prepare_cached(
                "INSERT INTO payload (sha256, length) VALUES (?1, ?2)
                 ON CONFLICT (sha256) DO UPDATE SET length = excluded.length RETURNING id",
            )?
            .query_row(params![sha256, length as i64], |row| row.get(0))
    }

    /// The row of a URL, made when there is none.
    pub(super) fn url_id(&mut self, url: &Url) -> rusqlite::Result<i64> {
        let known = self
            .sql
            .prepare_cached("SELECT id FROM url WHERE url = ?")?
            .query_row([url.as_str()], |row| row.get(0))
            .optional()?;
        if let Some(id) = known {
            return Ok(id);
        }
        let host_id = self.host_id(url::host(url))?;
        let canonical = CanonicalUrl::of(url);
        let lookup_key = (canonical.as_str() != url.as_str()).then(|| canonical.as_str());
        self.sql
            .prepare_cached("INSERT INTO url (url, lookup_key, host_id) VALUES (?, ?, ?)")?
            .execute(params![url.as_str(), lookup_key, host_id])?;
        Ok(self.sql.last_insert_rowid())
    }

    pub(super) fn host_id(&mut self, name: &str) -> rusqlite::Result<i64> {
        if let Some(id) = self.memory.hosts.get(name) {
            return Ok(*id);
        }
        let id = self
            .sql
            .prepare_cached(
                "INSERT INTO host (name, registered_domain) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id",
            )?
            .query_row(params![name, url::registered_domain(name)], |row| row.get(0))?;
        if self.memory.hosts.len() >= HOSTS_REMEMBERED {
            self.memory.hosts.clear();
        }
        self.memory.hosts.insert(name.to_owned(), id);
        Ok(id)
    }
}

pub(super) struct CaptureIds {
    pub id: i64,
    pub uid: Uuid,
    pub run_id: i64,
    pub last: i64,
    /// The hop before.
    pub via: Option<(i64, Uuid)>,
}

/// A version 7 UUID: unique everywhere, and ordered by time, which keeps its index compact.
pub(super) fn uid(at: Timestamp) -> Uuid {
    let millis = at.millis().max(0) as u64;
    Uuid::new_v7(uuid::Timestamp::from_unix(
        uuid::NoContext,
        millis / 1000,
        (millis % 1000) as u32 * 1_000_000,
    ))
}

/// A name for something that is made now, unlike any other anywhere.
pub fn new_uid(at: Timestamp) -> String {
    uid(at).to_string()
}
