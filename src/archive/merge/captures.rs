//! Runs with their captures, under the chain that they were sealed in.

use std::sync::Arc;

use rusqlite::{OptionalExtension, params};

use super::{MERGING, Merge};
use crate::archive::{Result, fixity::OURS, ingest::Ingest};
use crate::model::fixity::{Hash, NO_ROOT};

/// Captures in one transaction, at most.
const CAPTURES: usize = 512;

/// A capture of theirs that is to be taken.
struct Taken {
    theirs: i64,
    /// Whether a chain begins with it.
    is_first: bool,
    host: String,
    /// Length of the request's head, and both heads.
    heads: Option<(usize, Arc<Vec<u8>>)>,
}

/// How a run came to be sealed.
enum Sealed {
    /// In the chain of its origin, as it was.
    AsItWas,
    /// At the end of our own: its chain goes on otherwise here.
    Anew,
    /// Not at all: its root is not that of what came.
    Differs,
}

impl Merge<'_> {
    /// Every run, in the order they came to the other archive: what a capture refers to is there before it.
    pub(super) fn runs(&mut self) -> Result<()> {
        let runs: Vec<(i64, String)> = self.theirs.ask(|sql| {
            sql.prepare("SELECT id, uid FROM run ORDER BY id")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })?;
        for (run, uid) in runs {
            let (captures, bounds) = self.theirs.ask(|sql| {
                sql.prepare_cached(
                    "SELECT count(*), coalesce(min(id), 0), coalesce(max(id), 0)
                     FROM capture INDEXED BY capture_by_run WHERE run_id = ?",
                )?
                .query_row([run], |row| {
                    Ok((row.get::<_, i64>(0)? as u64, (row.get(1)?, row.get(2)?)))
                })
            })?;
            // Also of runs that are here: their bytes may not be.
            self.bodies(run, bounds)?;
            let (ours, is_open) = self.writer.call(move |ingest| ingest.open_run(run))?;
            if is_open {
                self.captures(run, ours, bounds)?;
                match self.writer.call(move |ingest| ingest.close_run(run, ours))? {
                    Sealed::AsItWas => {}
                    Sealed::Anew => self.merged.sealed_anew += 1,
                    Sealed::Differs => {
                        return Err(self.damaged(format!("run {uid} is not what it was when it was sealed")));
                    }
                }
            }
            self.done += captures;
            (self.tell)(self.done, self.total);
        }
        Ok(())
    }

    fn captures(&mut self, run: i64, ours: i64, bounds: (i64, i64)) -> Result<()> {
        let mut taken = 0;
        loop {
            let mut batch = self.batch(run, bounds)?;
            if batch.len() == CAPTURES {
                // The chain that may go on behind it comes with the next.
                let chain = batch.iter().rposition(|one| one.is_first).filter(|at| *at > 0);
                batch.truncate(chain.unwrap_or(CAPTURES));
            }
            if batch.is_empty() {
                return Ok(());
            }
            taken += batch.len() as u64;
            self.writer.call(move |ingest| ingest.take_captures(ours, batch))?;
            (self.tell)(self.done + taken, self.total);
        }
    }

    /// The next captures of a run that are not here.
    fn batch(&mut self, run: i64, (first, last): (i64, i64)) -> Result<Vec<Taken>> {
        type Stored = (Option<i64>, usize, Vec<u8>);
        let after = self.taken_until(run)?.unwrap_or(first - 1);
        let rows: Vec<(Taken, Option<Stored>)> = self.theirs.ask(|sql| {
            sql.prepare_cached(
                "SELECT c.id, c.via_id IS NULL, h.name, e.base_id, e.request_length, e.data
                 FROM capture c CROSS JOIN url u ON u.id = c.url_id CROSS JOIN host h ON h.id = u.host_id
                 LEFT JOIN capture_head e ON e.capture_id = c.id
                 WHERE c.id > ?2 AND c.id <= ?3 AND +c.run_id = ?1 ORDER BY c.id LIMIT ?4",
            )?
            .query_map(params![run, after, last, CAPTURES as i64], |row| {
                let one = Taken {
                    theirs: row.get(0)?,
                    is_first: row.get(1)?,
                    host: row.get(2)?,
                    heads: None,
                };
                let data: Option<Vec<u8>> = row.get(5)?;
                let stored = data
                    .map(|data| Ok::<_, rusqlite::Error>((row.get(3)?, row.get::<_, i64>(4)?.max(0) as usize, data)))
                    .transpose()?;
                Ok((one, stored))
            })?
            .collect()
        })?;
        let mut batch = Vec::with_capacity(rows.len());
        for (mut one, stored) in rows {
            if let Some((base, request, data)) = stored {
                let heads = &mut self.heads;
                let decoded = self
                    .theirs
                    .ask(|_| self.theirs.head_on(one.theirs, base, data, heads))?;
                let bytes = decoded.map_err(|(culprit, why)| {
                    self.damaged(format!("the heads of capture {culprit} cannot be read: {why}"))
                })?;
                one.heads = Some((request, bytes));
            }
            batch.push(one);
        }
        Ok(batch)
    }

    /// The last capture of a run of theirs that is here: they come in order.
    fn taken_until(&self, run: i64) -> Result<Option<i64>> {
        let uid: Option<Vec<u8>> = self.ours.ask(|sql| {
            sql.prepare_cached(
                "SELECT uid FROM main.capture WHERE id = (SELECT max(c.id) FROM main.capture c INDEXED BY capture_by_run
                     WHERE c.run_id = (SELECT ours FROM run_of WHERE theirs = ?))",
            )?
            .query_row([run], |row| row.get(0))
            .optional()
        })?;
        self.theirs.ask(|sql| {
            sql.prepare_cached("SELECT id FROM capture WHERE uid = ?")?
                .query_row([uid], |row| row.get(0))
                .optional()
        })
    }
}

impl Ingest<'_> {
    /// The row of a run of theirs, made where there is none, and whether captures of it are still to come.
    fn open_run(&mut self, theirs: i64) -> rusqlite::Result<(i64, bool)> {
        self.sql.execute(
            "INSERT INTO origin (uid) SELECT o.uid FROM other.run r JOIN other.origin o ON o.id = r.origin_id
             WHERE r.id = ?1 AND NOT EXISTS (SELECT 1 FROM main.run m WHERE m.uid = r.uid) ON CONFLICT DO NOTHING",
            [theirs],
        )?;
        self.sql.execute(
            "INSERT INTO run (uid, origin_id, kind, state, started_at, finished_at, outage, settings)
             SELECT r.uid, m.id, r.kind, ?2, r.started_at, r.finished_at, r.outage, r.settings
             FROM other.run r JOIN other.origin o ON o.id = r.origin_id JOIN main.origin m ON m.uid = o.uid
             WHERE r.id = ?1 ON CONFLICT (uid) DO NOTHING",
            params![theirs, MERGING],
        )?;
        self.sql.query_row(
            "SELECT m.id, m.state = ?2 FROM other.run r JOIN main.run m ON m.uid = r.uid WHERE r.id = ?1",
            params![theirs, MERGING],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    fn take_captures(&mut self, run: i64, taken: Vec<Taken>) -> rusqlite::Result<()> {
        for Taken {
            theirs, host, heads, ..
        } in taken
        {
            let id = self.next_capture();
            self.sql
                .prepare_cached(
                    "INSERT INTO capture (id, uid, run_id, url_id, purpose, via_id, last_id, attempt, at, elapsed_ms,
                         lookup_ms, connect_ms, first_byte_ms, transport, access, status, media_type, charset, location,
                         payload_id, encoded_sha256, encoded_length, revisit, refers_to_id, truncated, remote, protocol,
                         certificate_ends, etag, last_modified, detail, leaf)
                     SELECT ?2, c.uid, ?3, (SELECT ours FROM url_of WHERE theirs = c.url_id), c.purpose,
                         ?2 - (c.id - c.via_id), ?2 + (c.last_id - c.id), c.attempt, c.at, c.elapsed_ms,
                         c.lookup_ms, c.connect_ms, c.first_byte_ms, c.transport, c.access, c.status, c.media_type,
                         c.charset, c.location, (SELECT ours FROM payload_of WHERE theirs = c.payload_id),
                         c.encoded_sha256, c.encoded_length, c.revisit,
                         (SELECT ours FROM capture_of WHERE theirs = c.refers_to_id), c.truncated, c.remote, c.protocol,
                         c.certificate_ends, c.etag, c.last_modified, c.detail, c.leaf
                     FROM other.capture c WHERE c.id = ?1",
                )?
                .execute(params![theirs, id, run])?;
            if let Some((request, bytes)) = heads {
                let host = self.host_id(&host)?;
                self.head(id, host, request, Arc::unwrap_or_clone(bytes))?;
            }
        }
        Ok(())
    }

    /// Seals a run whose captures are all there.
    fn close_run(&mut self, theirs: i64, ours: i64) -> rusqlite::Result<Sealed> {
        let (state, position, root): (String, i64, Hash) = self.sql.query_row(
            "SELECT state, position, root FROM other.run WHERE id = ?",
            [theirs],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        self.sql
            .execute("UPDATE run SET state = ?2 WHERE id = ?1", params![ours, state])?;
        let of_theirs: Option<Hash> = self
            .sql
            .query_row(
                "SELECT b.root FROM other.run r JOIN other.run b ON b.origin_id = r.origin_id AND b.position = r.position - 1
                 WHERE r.id = ?",
                [theirs],
                |row| row.get(0),
            )
            .optional()?;
        let before = of_theirs.unwrap_or(NO_ROOT);
        if self.root_at(ours, position, &before)? != root {
            // Nothing of this is to stay.
            self.sql
                .execute("UPDATE run SET state = ?2 WHERE id = ?1", params![ours, MERGING])?;
            return Ok(Sealed::Differs);
        }
        // Whether its chain stands here just before it.
        let follows: bool = self.sql.query_row(
            "SELECT NOT EXISTS (SELECT 1 FROM main.run m WHERE m.origin_id = r.origin_id AND m.position >= ?2)
                 AND (?2 = 1 OR EXISTS (SELECT 1 FROM main.run m WHERE m.origin_id = r.origin_id
                     AND m.position = ?2 - 1 AND m.root = ?3))
             FROM main.run r WHERE r.id = ?1",
            params![ours, position, before],
            |row| row.get(0),
        )?;
        if follows {
            self.sql.execute(
                "UPDATE run SET position = ?2, root = ?3 WHERE id = ?1",
                params![ours, position, root],
            )?;
            return Ok(Sealed::AsItWas);
        }
        self.sql
            .execute("UPDATE run SET origin_id = ?2 WHERE id = ?1", [ours, OURS])?;
        self.seal_run(ours)?;
        Ok(Sealed::Anew)
    }
}
