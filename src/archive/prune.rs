//! Freeing bodies that a policy does not keep. Rows of captures and payloads stay, and so do texts: what a copy
//! said is still searched, shown and compared when its bytes are gone.

use std::collections::{HashMap, HashSet};

use rusqlite::{Row, params};

use super::{
    Archive, ArchiveError, Reader, Result, Writer,
    blob::{Candidate, Prefix, QUICK, Replacement, StoredText, encode_best, failed_to_encode},
    ingest::Ingest,
    read::time,
};
use crate::model::{
    digest::{PayloadDigest, TextDigest},
    retention::{self, Kept, Policy, Says},
    time::Timestamp,
};

/// Bodies that a policy does not keep.
#[derive(Debug, Clone, Default)]
pub struct Pruning {
    /// By host, those with the most bytes first: name, bodies, bytes as they are stored.
    pub hosts: Vec<(String, u64, u64)>,
    /// Bodies that are kept.
    pub kept: u64,
    /// Rows of payloads, what nothing else is stored against first.
    doomed: Vec<Doomed>,
}

impl Pruning {
    /// How many bodies go.
    pub fn bodies(&self) -> u64 {
        self.doomed.len() as u64
    }

    /// Bytes that they take now. What stays and is stored against them grows by some of it.
    pub fn bytes(&self) -> u64 {
        self.hosts.iter().map(|(_, _, bytes)| bytes).sum()
    }
}

/// What pruning did.
#[derive(Debug, Clone, Default)]
pub struct Pruned {
    /// Bodies that were freed.
    pub bodies: u64,
    /// In words, what could not be freed because something in the way is damaged.
    pub unreadable: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
struct Doomed {
    payload: i64,
    blob: i64,
    base: Option<i64>,
}

/// Bodies in one transaction: so many, or so many bytes that are written for them.
const TRANSACTION: (usize, usize) = (64, 4 << 20);
/// Pages of the file that one transaction frees at most.
const FILE_PAGES: i64 = 2_000;

/// Payloads that something rests on. What a chain of captures begins with names all its hops.
const PROTECTED: &[&str] = &[
    // Baselines, those of before too.
    "SELECT e.payload_id FROM baseline b CROSS JOIN capture c ON c.id = b.capture_id
         CROSS JOIN capture e ON e.id BETWEEN c.id AND c.last_id",
    // What today's verdict was read from, and the last good copy it names.
    "SELECT e.payload_id FROM citation ci CROSS JOIN verdict v ON v.id = ci.verdict_id
         CROSS JOIN capture c ON c.id IN (v.capture_id, v.last_good_id)
         CROSS JOIN capture e ON e.id BETWEEN c.id AND c.last_id",
    // The newest visit of every link, which may have ended elsewhere.
    "SELECT e.payload_id FROM (SELECT DISTINCT url_id FROM citation) ci
         CROSS JOIN capture c ON c.id = (SELECT n.id FROM capture n WHERE n.url_id = ci.url_id AND n.via_id IS NULL
             AND n.purpose NOT IN ('robots', 'asset', 'probe', 'volatile') ORDER BY n.at DESC, n.id DESC LIMIT 1)
         CROSS JOIN capture e ON e.id BETWEEN c.id AND c.last_id",
    // Articles as they were read last, and when something was done to their links.
    "SELECT v.payload_id FROM article a JOIN page_version v ON v.id = a.page_version_id",
    "SELECT v.payload_id FROM citation_event e JOIN page_version v ON v.id = e.page_version_id",
    // What pages of a host are stored against, and what hosts show where there is nothing.
    "SELECT id FROM payload WHERE blob_id IN (SELECT blob_id FROM host_base)",
    "SELECT e.payload_id FROM error_page p CROSS JOIN capture c ON c.id = p.capture_id
         CROSS JOIN capture e ON e.id BETWEEN c.id AND c.last_id",
    // The rules that hold for each host.
    "SELECT f.payload_id FROM (SELECT c.last_id, max(c.at) FROM capture c JOIN capture e ON e.id = c.last_id
             WHERE c.purpose = 'robots' AND c.via_id IS NULL AND e.transport = 'ok' GROUP BY c.url_id) r
         CROSS JOIN capture f ON f.id = r.last_id",
];

impl Reader {
    /// What a policy does not keep. A body goes only where it is kept at none of the addresses that brought it.
    /// `tell` hears how many captures are done, of how many.
    pub fn pruning(&self, policy: &Policy, tell: &dyn Fn(u64, u64)) -> Result<Pruning> {
        let _snapshot = self.at_once()?;
        let protected = self.protected()?;
        let mut weighed = Weighed::default();
        let all: i64 = self.ask(|sql| sql.query_row("SELECT count(*) FROM capture", [], |row| row.get(0)))?;
        self.ask(|sql| {
            let mut statement = sql.prepare(
                "SELECT c.url_id, c.at, c.payload_id, p.sha256, v.text_sha256, v.extractor_version,
                     c.transport = 'ok' AND c.access = 'open' AND c.truncated IS NULL AND c.location IS NULL
                         AND (c.status IS NULL OR c.status = 304 OR c.status BETWEEN 200 AND 299)
                 FROM capture c INDEXED BY capture_by_url CROSS JOIN payload p ON p.id = c.payload_id
                 LEFT JOIN page_version v ON v.id = (SELECT n.id FROM page_version n WHERE n.payload_id = c.payload_id
                     AND n.url_id = c.url_id ORDER BY n.extractor_version DESC, n.id DESC LIMIT 1)
                 WHERE p.blob_id IS NOT NULL ORDER BY c.url_id, c.at, c.id",
            )?;
            let mut rows = statement.query([])?;
            let (mut url, mut copies, mut done) = (0, Vec::new(), 0);
            while let Some(row) = rows.next()? {
                let next: i64 = row.get(0)?;
                if next != url {
                    weighed.weigh(policy, url, &copies);
                    (url, copies) = (next, Vec::new());
                }
                copies.push(copy(row, &protected)?);
                done += 1;
                tell(done, all as u64);
            }
            weighed.weigh(policy, url, &copies);
            Ok(())
        })?;
        self.told(weighed)
    }

    fn protected(&self) -> Result<HashSet<i64>> {
        let mut protected = HashSet::new();
        for query in PROTECTED {
            self.ask(|sql| {
                let mut statement = sql.prepare(query)?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    protected.extend(row.get::<_, Option<i64>>(0)?);
                }
                Ok(())
            })?;
        }
        Ok(protected)
    }

    /// What goes, deepest first, and what that is by host.
    fn told(&self, weighed: Weighed) -> Result<Pruning> {
        let mut hosts: HashMap<i64, (u64, u64)> = HashMap::new();
        let mut doomed = Vec::new();
        for (payload, url) in weighed.unwanted.iter().filter(|(id, _)| !weighed.wanted.contains(id)) {
            let (host, bytes, depth, found) = self.ask(|sql| {
                sql.prepare_cached(
                    "SELECT (SELECT host_id FROM url WHERE id = ?2), length(b.data), b.depth, b.id, b.base_id
                     FROM payload p JOIN blob b ON b.id = p.blob_id WHERE p.id = ?1",
                )?
                .query_row([payload, url], |row| {
                    let found = Doomed {
                        payload: *payload,
                        blob: row.get(3)?,
                        base: row.get(4)?,
                    };
                    Ok((row.get(0)?, row.get::<_, i64>(1)? as u64, row.get::<_, u32>(2)?, found))
                })
            })?;
            let sums = hosts.entry(host).or_default();
            (sums.0, sums.1) = (sums.0 + 1, sums.1 + bytes);
            doomed.push((depth, found));
        }
        doomed.sort_by_key(|(depth, found)| (std::cmp::Reverse(*depth), found.payload));
        let mut told = Vec::new();
        for (host, (bodies, bytes)) in hosts {
            let name = self.ask(|sql| sql.query_row("SELECT name FROM host WHERE id = ?", [host], |row| row.get(0)))?;
            told.push((name, bodies, bytes));
        }
        told.sort_by(|(a, _, a_bytes), (b, _, b_bytes)| (b_bytes, a).cmp(&(a_bytes, b)));
        Ok(Pruning {
            hosts: told,
            kept: weighed.wanted.len() as u64,
            doomed: doomed.into_iter().map(|(_, found)| found).collect(),
        })
    }

    /// What has to be written so that a body can go: what is stored against it, encoded again.
    fn without(&self, doomed: &Doomed, bases: &HashMap<i64, Option<i64>>) -> Result<Freed> {
        let mut freed = Freed {
            doomed: *doomed,
            bodies: Vec::new(),
            texts: Vec::new(),
        };
        // The nearest below that stays.
        let mut base = doomed.base;
        while let Some(next) = base.and_then(|base| bases.get(&base)) {
            base = *next;
        }
        let dependents: Vec<(i64, i32)> = self.ask(|sql| {
            sql.prepare_cached("SELECT id, level FROM blob WHERE base_id = ?")?
                .query_map([doomed.blob], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })?;
        for (blob_id, level) in dependents.into_iter().filter(|(id, _)| !bases.contains_key(id)) {
            let bytes = self.blob(blob_id)?;
            let candidate: Option<Candidate> = base.map(|base| self.candidate(base)).transpose()?.flatten();
            freed.bodies.push(Replacement::Body {
                blob_id,
                level,
                blob: encode_best(&bytes, level.max(QUICK), candidate).map_err(failed_to_encode)?,
                even_if_larger: true,
            });
        }
        let columns = StoredText::COLUMNS;
        let texts: Vec<(i64, i32, StoredText)> = self.ask(|sql| {
            sql.prepare_cached(&format!(
                "SELECT {columns}, t.page_version_id, t.level FROM page_version v
                 CROSS JOIN page_text t ON t.page_version_id = v.id WHERE v.payload_id = ? AND t.base & 1"
            ))?
            .query_map([doomed.payload], |row| {
                Ok((row.get(4)?, row.get(5)?, StoredText::read(row)?))
            })?
            .collect()
        })?;
        for (version, level, stored) in texts {
            let texts = self.texts(version, &stored)?;
            let prefix = Prefix {
                body: false,
                ..stored.prefix
            };
            freed.texts.push((
                version,
                prefix,
                self.encode_text(&stored, prefix, &texts, level.max(QUICK))?,
            ));
        }
        Ok(freed)
    }
}

/// Frees the bodies of a plan, in transactions of bounded size, and gives the room back to the file system. It can
/// be stopped at any time. `tell` hears how many are done.
pub fn prune(
    archive: &Archive,
    writer: &Writer,
    pruning: &Pruning,
    at: Timestamp,
    tell: &dyn Fn(u64),
) -> Result<Pruned> {
    let reader = archive.reader()?;
    let bases: HashMap<i64, Option<i64>> = pruning.doomed.iter().map(|one| (one.blob, one.base)).collect();
    let (mut waiting, mut bytes, mut pruned) = (Vec::new(), 0, Pruned::default());
    for (done, doomed) in (1..).zip(&pruning.doomed) {
        match reader.without(doomed, &bases) {
            Ok(freed) => {
                bytes += freed.weight();
                waiting.push(freed);
            }
            Err(ArchiveError::Damaged { why, .. }) => pruned.unreadable.push(why),
            Err(error) => return Err(error),
        }
        if waiting.len() >= TRANSACTION.0 || bytes >= TRANSACTION.1 || done == pruning.bodies() {
            let freed = std::mem::take(&mut waiting);
            pruned.bodies += writer.call(move |ingest| ingest.free(&freed, at))?;
            bytes = 0;
            tell(done);
        }
    }
    while writer.call(|ingest| ingest.free_pages(FILE_PAGES))? {}
    Ok(pruned)
}

/// A body that goes, and what is encoded again for it.
struct Freed {
    doomed: Doomed,
    bodies: Vec<Replacement>,
    /// Page versions and their texts, which stand without it.
    texts: Vec<(i64, Prefix, Vec<u8>)>,
}

impl Freed {
    fn weight(&self) -> usize {
        let texts: usize = self.texts.iter().map(|(.., data)| data.len()).sum();
        texts + self.bodies.iter().map(Replacement::weight).sum::<usize>()
    }
}

impl Ingest<'_> {
    /// Returns how many bodies were freed.
    fn free(&mut self, freed: &[Freed], at: Timestamp) -> rusqlite::Result<u64> {
        let mut bodies = 0;
        for one in freed {
            self.replace(&one.bodies)?;
            for (version, prefix, data) in &one.texts {
                self.sql
                    .prepare_cached("UPDATE page_text SET base = ?2, data = ?3 WHERE page_version_id = ?1")?
                    .execute(params![version, prefix.code(), data])?;
            }
            // Something below that could not be freed may still be stored against it.
            let in_use: bool = self
                .sql
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM blob WHERE base_id = ?)")?
                .query_row([one.doomed.blob], |row| row.get(0))?;
            if in_use {
                continue;
            }
            self.sql
                .prepare_cached("UPDATE payload SET blob_id = NULL, pruned_at = ?2 WHERE id = ?1")?
                .execute(params![one.doomed.payload, at.millis()])?;
            self.sql
                .prepare_cached("DELETE FROM blob WHERE id = ?")?
                .execute([one.doomed.blob])?;
            bodies += 1;
        }
        Ok(bodies)
    }
}

/// Payloads that are wanted somewhere, and those that are not wanted everywhere, with the address that first
/// brought them.
#[derive(Default)]
struct Weighed {
    wanted: HashSet<i64>,
    unwanted: HashMap<i64, i64>,
}

impl Weighed {
    fn weigh(&mut self, policy: &Policy, url: i64, copies: &[(i64, Kept)]) {
        let kept: Vec<Kept> = copies.iter().map(|(_, copy)| *copy).collect();
        for ((payload, _), stays) in copies.iter().zip(retention::stays(policy, &kept)) {
            match stays {
                true => {
                    self.wanted.insert(*payload);
                }
                false => {
                    self.unwanted.entry(*payload).or_insert(url);
                }
            }
        }
    }
}

fn copy(row: &Row<'_>, protected: &HashSet<i64>) -> rusqlite::Result<(i64, Kept)> {
    let payload: i64 = row.get(2)?;
    let bytes = PayloadDigest::from_slice(row.get_ref(3)?.as_blob()?);
    let text = row.get_ref(4)?.as_blob_or_null()?.and_then(TextDigest::from_slice);
    let broken = || rusqlite::Error::FromSqlConversionFailure(3, rusqlite::types::Type::Blob, "no digest".into());
    let says = match text {
        Some(text) => Says::Text(text, row.get(5)?),
        None => Says::Bytes(bytes.ok_or_else(broken)?),
    };
    let kept = Kept {
        at: time(row, 1)?,
        good: row.get(6)?,
        says,
        protected: protected.contains(&payload),
    };
    Ok((payload, kept))
}
